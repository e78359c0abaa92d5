// The programs that multiply matrices, as data: their tiles, their threads, what they need of an adapter. Nothing here
// knows which is fast where.

import vectorTemplate from '../../../shaders/matvec.wgsl?raw';
import registerTemplate from '../../../shaders/matmul.wgsl?raw';
import tilesTemplate from '../../../shaders/matmul-tiles.wgsl?raw';
import sumTemplate from '../../../shaders/sum-parts.wgsl?raw';

interface Common {
  /** A name for people and for the store of winners; the same name is the same program. */
  readonly name: string;
  readonly template: string;
  /** Parts into which the sum over k is cut, which a second run adds. */
  readonly parts: number;
}

/** Tiles in the registers of four threads (matmul.wgsl): 16 rows, or 32 where tall; the same for columns where broad. */
export interface RegisterVariant extends Common {
  readonly kind: 'registers';
  readonly tall: boolean;
  readonly broad: boolean;
}

/** Tiles in workgroup memory (matmul-tiles.wgsl): 4 down tall x 4 across broad of the product, `depth` k a turn. */
export interface TileVariant extends Common {
  readonly kind: 'tiles';
  readonly down: number;
  readonly across: number;
  readonly tall: 1 | 2;
  readonly broad: 1 | 2;
  readonly depth: number;
  readonly stages: 1 | 2;
}

/** A matrix times a vector (matvec.wgsl): a workgroup makes `outputs` results with `lanes` threads each. */
export interface VectorVariant extends Common {
  readonly kind: 'vector';
  readonly outputs: number;
  readonly lanes: number;
}

export type Variant = RegisterVariant | TileVariant | VectorVariant;

/** What a program may use. */
export interface ProgramLimits {
  /** Bytes of workgroup memory, and threads of a workgroup. */
  readonly workgroupBytes: number;
  readonly workgroupThreads: number;
}

/** What WebGPU promises everywhere. https://www.w3.org/TR/webgpu/#limits */
export const promisedLimits: ProgramLimits = { workgroupBytes: 16_384, workgroupThreads: 256 };

function registers(tall: boolean, broad: boolean): RegisterVariant {
  const name = `registers ${tall ? 32 : 16}x${broad ? 32 : 16}`;
  return { kind: 'registers', name, template: registerTemplate, parts: 1, tall, broad };
}

function tiles(down: number, across: number, tall: 1 | 2, broad: 1 | 2, depth: number, stages: 1 | 2): TileVariant {
  const size = `${4 * down * tall}x${4 * across * broad}x${depth}`;
  const name = `tiles ${size}, ${4 * tall}x${4 * broad} a thread${stages === 2 ? ', two stages' : ''}`;
  return { kind: 'tiles', name, template: tilesTemplate, parts: 1, down, across, tall, broad, depth, stages };
}

function vector(outputs: number, lanes: number): VectorVariant {
  return { kind: 'vector', name: `vector ${outputs}x${lanes}`, template: vectorTemplate, parts: 1, outputs, lanes };
}

/** By tall and broad. */
export const registerVariants = {
  small: registers(false, false),
  tall: registers(true, false),
  broad: registers(false, true),
  large: registers(true, true),
} as const;

/**
 * The large ones use each value that they load 128 times and want many tiles; the small ones fill an adapter with less.
 * depth = 4 threads / (tall down + broad across), rounded down to 4 k, so that a thread copies one block a turn.
 */
export const tileVariants = {
  large: tiles(16, 16, 2, 2, 16, 1),
  largeStaged: tiles(16, 16, 2, 2, 16, 2),
  tall: tiles(16, 8, 2, 2, 8, 2),
  broad: tiles(8, 16, 2, 2, 8, 2),
  middle: tiles(8, 8, 2, 2, 8, 2),
  middleShared: tiles(16, 16, 1, 1, 32, 1),
  small: tiles(8, 8, 1, 1, 16, 2),
} as const;

/** `outputs` 1: along the sum, where k lies consecutively; 32 or 64: along the results, where these do. */
export const vectorVariants = {
  single: vector(64, 1),
  short: vector(8, 8),
  line: vector(1, 64),
  longLine: vector(1, 256),
  columns: vector(32, 8),
  wideColumns: vector(64, 4),
} as const;

/** Parts into which a sum may be cut. */
export const partCounts: readonly number[] = [2, 4, 8, 16, 32];

/** The same program with the sum over k cut into parts. */
export function inParts<V extends TileVariant | VectorVariant>(variant: V, parts: number): V {
  return parts <= 1 ? variant : { ...variant, name: `${variant.name}, k in ${parts} parts`, parts };
}

/** Every program without a cut. */
export const allVariants: readonly Variant[] = [
  ...Object.values(registerVariants),
  ...Object.values(tileVariants),
  ...Object.values(vectorVariants),
];

/** The program of a name; null for a name of another version. */
export function variantNamed(name: string): Variant | null {
  const [, plain, parts] = /^(.*?)(?:, k in (\d+) parts)?$/.exec(name) as RegExpExecArray;
  const found = allVariants.find((one) => one.name === plain);
  if (found === undefined) return null;
  if (parts === undefined) return found;
  return found.kind === 'registers' || !partCounts.includes(Number(parts)) ? null : inParts(found, Number(parts));
}

let version: string | null = null;

/** Changes with any of the programs, so that measurements of other programs are not taken for theirs. FNV-1a, 32 bits. */
export function kernelsVersion(): string {
  if (version !== null) return version;
  let hash = 0x811c9dc5;
  const texts = new Set([...allVariants.flatMap(({ name, template }) => [name, template]), sumTemplate]);
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (version = (hash >>> 0).toString(16).padStart(8, '0'));
}

/** Whether an adapter can run a program. */
export function runsWithin(variant: Variant, { workgroupBytes, workgroupThreads }: ProgramLimits): boolean {
  if (variant.kind === 'registers') return true;
  if (variant.kind === 'vector') {
    const threads = variant.outputs * variant.lanes;
    return threads <= workgroupThreads && threads * 4 <= workgroupBytes;
  }
  const { down, across, tall, broad, depth, stages } = variant;
  return down * across <= workgroupThreads && stages * depth * 16 * (down * tall + across * broad) <= workgroupBytes;
}
