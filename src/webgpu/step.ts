// Whole small steps as one dispatch: where all values of a plan are small, its commands become the stages of one program
// that a single workgroup runs. Decides when that pays, and lays the values so that few buffers hold them.

import { type LinkedBuffer, link, type Stage } from './link.ts';
import { type Command, floatBits, type Place, type Word } from './record.ts';
import type { Kernel } from './schedule.ts';
import { columnsOf } from './packs.ts';
import { isKernel } from './domain.ts';
import { numelOf } from '../shape.ts';
import { sum } from './work.ts';

/** Element operations of a step that one thread of a software adapter, or one workgroup of hardware, does in good time. */
const mostWork = { software: 3000, hardware: 65_536 } as const;
const mostStages = 32;
/** Words of parameters at most. */
const mostWords = 1024;
/** Threads of the workgroup on hardware; a software adapter has one, because its barriers cost more than they save. */
const hardwareThreads = 64;

/** Whether the kernels of a plan are few and small enough to be one dispatch. */
export function isSmallStep(kernels: readonly Kernel[], software: boolean): boolean {
  if (kernels.length < 2 || kernels.length > mostStages) return false;
  let work = 0;
  for (const { kind, domain, nodes } of kernels) {
    const [node] = nodes;
    if (kind === 'map' || kind === 'rows') work += numelOf(domain.shape) * nodes.length;
    else if (kind === 'product') {
      // A contraction has no program of one value a thread.
      const product = nodes.find((one) => isKernel(one, 'matmul'));
      const depth = product?.inputs[0].shape.at(-1) ?? Infinity;
      work += numelOf(domain.shape) * (depth + nodes.length);
    } else {
      const columns = columnsOf(node);
      const size = columns?.sizes.reduce((sum, one) => sum + one, 0) ?? Infinity;
      work += size * 8;
    }
  }
  return work <= (software ? mostWork.software : mostWork.hardware);
}

/** A parameter that is the same in every replay, as WGSL; null for the others. */
function literalOf(word: Word): string | null {
  if (typeof word === 'number') return `${word >>> 0}u`;
  if ('float' in word) return Number.isFinite(word.float) ? `bitcast<f32>(${floatBits(word.float)}u)` : null;
  if (!('base' in word)) return null;
  const { kind, start } = word.base;
  return kind === 'given' || kind === 'result' ? null : `${((start + word.plus) / (word.per ?? 1)) >>> 0}u`;
}

/** The commands of a plan as one; null where they cannot be linked. */
export function linkStep(commands: readonly Command[], software: boolean, storageBuffers: number): Command | null {
  const places: Place[] = [];
  const written: boolean[] = [];
  const numberOf = (place: Place, access: string): number => {
    let at = places.findIndex((other) => other.buffer === place.buffer);
    if (at < 0) at = places.push(place) - 1;
    written[at] ||= access === 'w';
    return at;
  };
  const words: Word[] = [];
  const stages = commands.map((command): Stage | null => {
    if (command.constants !== undefined) return null;
    const source = command.source();
    const size = Number(/@workgroup_size\((\d+)\)/.exec(source)?.[1] ?? 64);
    const buffers = command.buffers.map((place, index) => numberOf(place, command.access[index]));
    const [x, y, z] = command.workgroups;
    const threads = command.threads ?? x * y * z * size;
    while (words.length % 4 !== 0) words.push(0);
    words.push(...command.parameters);
    return { source, buffers, workgroup: size, threads, fixed: command.parameters.map(literalOf) };
  });
  const linkable = stages.filter((stage) => stage !== null);
  if (linkable.length < stages.length || places.length > storageBuffers) return null;
  if (words.length > mostWords) return null;
  const buffers = places.map((_, at): LinkedBuffer => ({ written: written[at] ?? false }));
  const linked = link(linkable, buffers, software ? 1 : hardwareThreads);
  if (linked === null) return null;
  const pattern = commands.map(({ key, buffers: own }, at) => {
    const { threads, fixed } = linkable[at];
    return `${key}#${own.map((place) => numberOf(place, 'r')).join(',')}#${threads},${fixed.join(',')}`;
  });
  return {
    key: `step|${pattern.join('||')}`,
    source: () => linked,
    access: buffers.map((buffer) => (buffer.written ? 'w' : 'r')).join(''),
    parameters: words,
    buffers: places,
    workgroups: [1, 1, 1],
    threads: null,
    label: commands.map(({ label }) => label).join(' ; '),
    sizes: `${commands.length} stages`,
    work: sum(commands.flatMap(({ work }) => work ?? [])),
  };
}
