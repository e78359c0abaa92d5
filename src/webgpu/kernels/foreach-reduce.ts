// Reductions of lists of tensors to one number each: one dispatch over all that lie behind each other, and one that joins the
// segments of long tensors.

import template from '../../../shaders/foreach-reduce.wgsl?raw';
import type { KernelAttrs, ListReduction } from '../../core/op.ts';
import { isAligned, linesOf } from '../packs.ts';
import { type Place, type Recorder, sizeOf, type View, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';
import { copyView } from './copy.ts';
import { blockAlias, type BlockWidth, blockWidth } from './foreach.ts';

/** Threads of a workgroup, as in the template. */
const workgroup = 64;
/** Tensors of one dispatch at most: its table is part of the parameters. */
const longestTable = 1024;
/** Elements of a segment at least, and segments of a list at most, so that joining them is quick. */
const shortestSegment = 4096;
const mostSegments = 4096;

/** A tensor in the line of its run. */
interface Listed {
  /** The number of its first segment, and how many it has. */
  readonly first: number;
  readonly segments: number;
  /** The block of the line at which it begins. */
  readonly block: number;
  readonly size: number;
}

export function runForeachReduce({ reduction, count }: KernelAttrs['foreachReduce'], call: KernelCall): void {
  const { recorder, inputs, outputs } = call;
  const p = recorder.number(inputs[count], 'f32');
  const views = inputs.slice(0, count).map((node) => alignedView(recorder, recorder.view(node)));
  const sizes = views.map(sizeOf);
  const width = blockWidth(recorder);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const length = Math.ceil(Math.max(shortestSegment, total / mostSegments) / width) * width;
  const segments = sizes.map((size) => Math.max(1, Math.ceil(size / length)));
  const [out] = outputs;
  const all = segments.reduce((sum, one) => sum + one, 0);
  const long = all > count;
  const partial = long ? recorder.scratch(all) : out.place;
  let done = 0;
  const places = views.map(({ place }) => place);
  for (const [from, to] of linesOf([places]).flatMap(inTables)) {
    const line = places[from];
    let first = 0;
    const list = places.slice(from, to).map((_, at): Listed => {
      const index = from + at;
      const block = (places[index].start - line.start) / width;
      const listed = { first, segments: segments[index], block, size: sizes[index] };
      first += segments[index];
      return listed;
    });
    const blocks = length / width;
    const target = { place: partial, offset: (long ? 0 : out.offset) + done };
    dispatch(recorder, reduction, long ? 'measure' : 'both', width, list, blocks, line, target, p);
    done += first;
  }
  if (!long) return;
  let at = 0;
  for (let from = 0; from < count; from += longestTable) {
    const part = segments.slice(from, from + longestTable);
    const start = at;
    const list = part.map((size, index): Listed => {
      const listed = { first: index, segments: 1, block: at, size };
      at += size;
      return listed;
    });
    const target = { place: out.place, offset: out.offset + from };
    dispatch(recorder, reduction, 'finish', 1, list, Math.max(...part, at - start), partial, target, p);
  }
}

/** A line in parts as long as a table can be. */
function inTables([from, to]: readonly [number, number]): (readonly [number, number])[] {
  return Array.from({ length: Math.ceil((to - from) / longestTable) }, (_, part) => {
    const start = from + part * longestTable;
    return [start, Math.min(start + longestTable, to)] as const;
  });
}

/** A view that begins at a block: itself, or a copy. */
function alignedView(recorder: Recorder, view: View): View {
  if (isAligned(view.place)) return view;
  const place = recorder.scratch(sizeOf(view));
  const copy = { ...view, place, offset: 0 };
  copyView(recorder, view, copy);
  return copy;
}

function dispatch(
  recorder: Recorder,
  reduction: ListReduction,
  stage: 'measure' | 'finish' | 'both',
  width: BlockWidth,
  list: readonly Listed[],
  blocks: number,
  line: Place,
  out: { readonly place: Place; readonly offset: number },
  p: Word,
): void {
  const segments = list.reduce((sum, one) => sum + one.segments, 0);
  const lone = recorder.software;
  const table = list.flatMap(({ first, block, size }) => [first, block, size, 0]);
  const begins: Word[] = [
    { base: line, plus: 0, per: width },
    { base: out.place, plus: out.offset },
  ];
  const call = {
    key: `foreachReduce|${reduction.name}|${stage}|${width}|${lone ? 'thread' : 'group'}|${list.length}`,
    source: () => sourceOf(reduction, stage, width, lone, list.length),
    access: 'rw',
    parameters: [segments, blocks, ...begins, p, 0, 0, 0, ...table],
    buffers: [line, out.place],
  };
  if (lone) recorder.run(call, segments, workgroup);
  else recorder.runGroups(call, segments);
}

const eachOf = (call: (part: string) => string): string => `vec4f(${['x', 'y', 'z', 'w'].map(call).join(', ')})`;
const joins: Readonly<Record<ListReduction['join'], { neutral: string; join: string }>> = {
  sum: { neutral: '0.0', join: 'a + b' },
  max: { neutral: '0.0', join: eachOf((part) => `wg_maximum(a.${part}, b.${part})`) },
  min: { neutral: 'wg_inf()', join: eachOf((part) => `wg_minimum(a.${part}, b.${part})`) },
};

function sourceOf(
  { join, wgsl }: ListReduction,
  stage: 'measure' | 'finish' | 'both',
  width: BlockWidth,
  lone: boolean,
  count: number,
): string {
  const lanes = [0, 1, 2, 3].map((at) => `part(block[${at}], e + ${4 * at}u, tensor.z)`);
  const parts = {
    // A single element is one of four.
    1: 'total = joined(total, vec4f(measured(vec4f(block)).x, vec3f(neutral())));',
    4: 'total = joined(total, part(block, e, tensor.z));',
    16: `total = joined(total, joined(joined(${lanes[0]}, ${lanes[1]}), joined(${lanes[2]}, ${lanes[3]})));`,
  } as const;
  return assemble(template, {
    BLOCK: blockAlias(width),
    WIDTH: `const width = ${width}u;`,
    COUNT: `const count = ${count}u;`,
    TABLE: `tensors: array<vec4u, ${count}>,`,
    MEASURE: stage === 'finish' ? 'return a;' : wgsl.measure,
    NEUTRAL: `return ${joins[join].neutral};`,
    JOIN: `return ${joins[join].join};`,
    FINISH: stage === 'measure' ? 'return a;' : wgsl.finish,
    PARTS: parts[width],
    ...(lone
      ? {
          SHARED: 'const lanes = 1u;',
          PLACE: 'let segment = (group.x + group.y * groups.x) * 64u + member;\nlet lane = 0u;',
          GATHER: '',
        }
      : {}),
  });
}
