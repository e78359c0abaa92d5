// Which program multiplies two matrices: what tune() measured on this adapter for a product like it, else what should suit
// its class. Pure: the same adapter, winners and shape give the same program.

import {
  inParts,
  partCounts,
  type ProgramLimits,
  registerVariants,
  runsWithin,
  tileVariants,
  type Variant,
  variantNamed,
  type VectorVariant,
  vectorVariants,
} from './matmul-variants.ts';

/**
 * What the programs are chosen by: 'software' computes on the CPU, 'integrated' has a few compute units and shares the
 * CPU's memory, 'discrete' has dozens and a memory of its own.
 */
export type AdapterGrade = 'software' | 'integrated' | 'discrete';

/**
 * A matrix times a matrix, or a matrix times a vector (either way around), whose matrix lies so that k is consecutive
 * ('line') or the results are ('columns').
 */
export type ProductForm = 'matrices' | 'line' | 'columns';

/** (batches, M, K) x (batches, K, N). */
export interface ProductShape {
  readonly form: ProductForm;
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly batches: number;
}

/** The program that was fastest for a shape. */
export interface Winner extends ProductShape {
  /** The name of its variant. */
  readonly variant: string;
}

/** What an adapter is, as far as products go. */
export interface ProductTraits extends ProgramLimits {
  readonly grade: AdapterGrade;
  /** What tune() found, from an earlier start. */
  readonly winners: readonly Winner[];
  /** For measurements and tests: the program of every product whose form it suits. */
  readonly forced: Variant | null;
}

/** Workgroups that fill an adapter: two on each of some 64 compute units, or of 8. */
const filling = { discrete: 128, integrated: 16 } as const;
/** A shape counts as measured where the ratios of its sizes to a measured one multiply to at most 2 to this. */
const reach = 3;
/** Terms that a part of a sum should have at least, so that adding the parts costs little. */
const shortestPart = 256;

/** The program for a product. `bindingBytes`: what a buffer of parts may take. */
export function chooseMatmul(shape: ProductShape, traits: ProductTraits, bindingBytes: number): Variant {
  const { forced } = traits;
  if (forced !== null && suits(forced, shape)) return bounded(forced, shape, bindingBytes);
  const measured = nearestWinner(shape, traits);
  if (measured !== null) return bounded(measured, shape, bindingBytes);
  return bounded(defaultMatmul(shape, traits), shape, bindingBytes);
}

/** What ships: the program that should suit the class of the adapter. */
export function defaultMatmul(shape: ProductShape, traits: ProductTraits): Variant {
  if (shape.form === 'matrices') {
    return traits.grade === 'software' ? defaultRegisters(shape) : defaultTiles(shape, traits.grade, traits);
  }
  return traits.grade === 'software' ? vectorVariants.single : defaultVector(shape, traits.grade);
}

/** Whether a program computes products of a form. */
export function suits(variant: Variant, { form }: ProductShape): boolean {
  return (variant.kind === 'vector') === (form !== 'matrices');
}

/** The winner of the measured shape nearest to this one; null where none is near or can run here. */
function nearestWinner(shape: ProductShape, traits: ProductTraits): Variant | null {
  let best: Variant | null = null;
  let least = reach;
  for (const winner of traits.winners) {
    if (winner.form !== shape.form) continue;
    const distance = distanceOf(winner, shape);
    if (distance > least || (distance === least && best !== null)) continue;
    const variant = variantNamed(winner.variant);
    if (variant === null || !suits(variant, shape) || !runsWithin(variant, traits)) continue;
    best = variant;
    least = distance;
  }
  return best;
}

/** By how many factors of 2 the sizes of two shapes differ in all. */
export function distanceOf(one: ProductShape, other: ProductShape): number {
  const sizes = ['M', 'K', 'N', 'batches'] as const;
  return sizes.reduce((sum, size) => sum + Math.abs(Math.log2(Math.max(one[size], 1) / Math.max(other[size], 1))), 0);
}

/** With fewer parts where their sums would not fit a buffer, or a part would have no term. */
function bounded(variant: Variant, { M, K, N, batches }: ProductShape, bindingBytes: number): Variant {
  if (variant.kind === 'registers' || variant.parts === 1) return variant;
  const most = Math.min(Math.floor(bindingBytes / (4 * M * N * batches)), K);
  if (variant.parts <= most) return variant;
  const parts = partCounts.filter((count) => count <= most).at(-1) ?? 1;
  return inParts({ ...variant, name: variant.name.replace(/, k in .*/, ''), parts: 1 }, parts);
}

/** Rows and columns of a small tile in registers; a large one has twice as many. */
const smallTile = 16;
/** Fewer large tiles than this leave cores idle. */
const fewestTiles = 4;

function defaultRegisters({ M, N, batches }: ProductShape): Variant {
  const large = 2 * smallTile;
  const enough = Math.ceil(M / large) * Math.ceil(N / large) * batches >= fewestTiles;
  // A tile that is mostly outside costs as much as one inside.
  const tall = M > smallTile && (enough || N <= smallTile);
  const broad = N > smallTile && (enough || M <= smallTile);
  const { large: both, tall: rows, broad: columns, small } = registerVariants;
  if (tall) return broad ? both : rows;
  return broad ? columns : small;
}

/** Workgroups of a product without parts. */
export function groupsOf(variant: Variant, { M, N, batches }: Omit<ProductShape, 'form' | 'K'>): number {
  if (variant.kind === 'vector') return Math.ceil((M * N) / variant.outputs) * batches;
  const [rows, columns] =
    variant.kind === 'registers'
      ? [smallTile * (1 + Number(variant.tall)), smallTile * (1 + Number(variant.broad))]
      : [4 * variant.down * variant.tall, 4 * variant.across * variant.broad];
  return Math.ceil(M / rows) * Math.ceil(N / columns) * batches;
}

/** The largest tile that fills the adapter without lying mostly outside; the sum in parts where even small ones do not. */
function defaultTiles(shape: ProductShape, grade: 'integrated' | 'discrete', limits: ProgramLimits): Variant {
  const wanted = filling[grade];
  const { large, largeStaged, tall, broad, middle, small } = tileVariants;
  const [M, N] = [shape.M * 2, shape.N * 2];
  const fitting = [largeStaged, large, tall, broad, middle, small].filter(
    (one) => runsWithin(one, limits) && 4 * one.down * one.tall < M && 4 * one.across * one.broad < N,
  );
  const filled = fitting.find((one) => groupsOf(one, shape) >= wanted);
  if (filled !== undefined) return filled;
  // Larger tiles read less; so of those in parts the largest that fills.
  const cut = fitting.map((one) => inParts(one, partsFor(groupsOf(one, shape), shape.K, wanted)));
  const full = cut.find((one) => groupsOf(one, shape) * one.parts >= wanted);
  return full ?? cut.at(-1) ?? inParts(small, partsFor(groupsOf(small, shape), shape.K, wanted));
}

/** Parts of a sum of K terms by which `groups` workgroups become as many as wanted, as far as the terms go. */
function partsFor(groups: number, K: number, wanted: number): number {
  const most = Math.min(K / shortestPart, (2 * wanted) / groups);
  return partCounts.filter((count) => count <= most && (count / 2) * groups < wanted).at(-1) ?? 1;
}

function defaultVector(shape: ProductShape, grade: 'integrated' | 'discrete'): Variant {
  const { form, K } = shape;
  const plain = plainVector(form, K);
  // The threads of one result wait for memory most of the time: many workgroups keep it busy.
  return inParts(plain, partsFor(groupsOf(plain, shape), K, 4 * filling[grade]));
}

function plainVector(form: ProductForm, K: number): VectorVariant {
  const { columns, short, single, line, longLine } = vectorVariants;
  if (form === 'columns') return columns;
  if (K <= 16) return single;
  if (K <= 128) return short;
  return K < 8192 ? line : longLine;
}
