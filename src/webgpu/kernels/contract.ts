// Contractions on the GPU: how the dimensions of an operand become numbers of batches, rows, columns and inner positions,
// which program sums them, and when the inner positions are split among threads.

import registerTemplate from '../../../shaders/contract.wgsl?raw';
import tiledTemplate from '../../../shaders/contract-tiled.wgsl?raw';
import type { ContractAttrs } from '../../op.ts';
import { numelOf } from '../../shape.ts';
import { type Collapsed, collapse, coordinates } from '../collapse.ts';
import { Fields } from '../fields.ts';
import { begin, type Recorder, type View, wgslType, type Word } from '../record.ts';
import { assemble } from '../shader.ts';
import { runReduce } from './reduce.ts';

/** The four groups of dimensions, each with its strides into the operands that have it. */
interface Spaces {
  /** Into A, B, bias and out. */
  readonly batch: Collapsed;
  /** Into A, bias and out. */
  readonly rows: Collapsed;
  /** Into B and out. */
  readonly columns: Collapsed;
  /** Into A and B. */
  readonly inner: Collapsed;
}

function spacesOf({ batch, rows, strides }: ContractAttrs, a: View, b: View, bias: View | null): Spaces {
  const end = batch + rows;
  const inner = a.shape.length - end;
  const still = new Array<number>(end).fill(0);
  const extra = bias?.strides ?? still;
  const last = batch + inner;
  return {
    batch: collapse(
      a.shape.slice(0, batch),
      [a.strides, b.strides, extra, strides].map((list) => list.slice(0, batch)),
    ),
    rows: collapse(
      a.shape.slice(batch, end),
      [a.strides, extra, strides].map((list) => list.slice(batch, end)),
    ),
    columns: collapse(b.shape.slice(last), [b.strides.slice(last), strides.slice(end)]),
    inner: collapse(a.shape.slice(end), [a.strides.slice(end), b.strides.slice(batch, last)]),
  };
}

/** Inner positions that a thread adds up at most, where the results of the parts have room: rounding grows with their number. */
const longestSum = 2048;
/** Elements of the results of all parts. */
const mostPartial = 1 << 22;

/**
 * WGSL that returns where number `i` of a space lies in each operand, as a `result` of as many members; adds the sizes and
 * strides it needs to the fields. The same text serves one number and a vector of them.
 */
function placesIn(space: Collapsed, letter: string, fields: Fields, result: string): string {
  const rank = space.shape.length;
  space.shape.forEach((length, dim) => dim > 0 && fields.add(`${letter}_size${dim}`, length));
  const sums = space.strides.map((steps, which) => {
    const terms = steps.map((step, dim) =>
      step === 0 ? [] : [`c${dim} * params.${fields.add(`${letter}_step${which}_${dim}`, step)}`],
    );
    return terms.flat().join(' + ') || 'i - i';
  });
  const split = coordinates('i', rank, (dim) => `params.${letter}_size${dim}`);
  return [...split, `return ${result}(${sums.join(', ')});`].join('\n');
}

/** What makes the text of `placesIn`: how many dimensions there are, and which operands stand still along them. */
const patternOf = ({ strides }: Collapsed): string =>
  strides.map((steps) => steps.map((step) => Number(step !== 0)).join('')).join('.');

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly batches: number;
  readonly depth: number;
}

/** (b.., m.., k..) x (b.., k.., n..)[, bias (b.., m..)] into out. */
export function runContract(
  recorder: Recorder,
  attrs: ContractAttrs,
  a: View,
  b: View,
  bias: View | null,
  out: View,
): void {
  const size = numelOf(out.shape);
  if (size === 0) return;
  const spaces = spacesOf(attrs, a, b, bias);
  const sizes: Sizes = {
    rows: numelOf(spaces.rows.shape),
    columns: numelOf(spaces.columns.shape),
    batches: numelOf(spaces.batch.shape),
    depth: numelOf(a.shape.slice(attrs.batch + attrs.rows)),
  };
  const operands = { a, b, bias, out, size };
  if (recorder.software) runRegisters(recorder, spaces, sizes, operands);
  else runTiled(recorder, spaces, sizes, operands);
}

interface Operands {
  readonly a: View;
  readonly b: View;
  readonly bias: View | null;
  readonly out: View;
  /** Elements of the result. */
  readonly size: number;
}

/** How many parts the inner positions are split into, `most` at most, so that `tiles` keep all cores busy and no sum gets too long. */
function partsFor(tiles: number, enough: number, most: number, depth: number, size: number): number {
  const wanted = Math.max(Math.ceil(enough / tiles), Math.ceil(depth / longestSum));
  return Math.max(Math.min(wanted, most, Math.floor(mostPartial / size)), 1);
}

/** Runs `record` on a target for each of `parts` results, and adds these in order where there are several. */
function inParts(recorder: Recorder, parts: number, { out, size }: Operands, record: (to: View) => void): void {
  if (parts === 1) return record(out);
  const partial = recorder.denseView(recorder.scratch(parts * size, out.dtype), [parts, size], out.dtype);
  record(partial);
  runReduce(recorder, { fn: 'sum', dims: [0] }, partial, { ...out, shape: [size], strides: [1] });
}

/** What the functions of places return: for one number, or for four at once. */
type Results = Readonly<Record<'rows' | 'columns' | 'inner', string>>;
const single: Results = { rows: 'vec3u', columns: 'vec2u', inner: 'vec2u' };
const fours: Results = { rows: 'RowPlaces', columns: 'ColumnPlaces', inner: 'InnerPlaces' };

/** The hooks that both programs have; adds what they need to the fields. */
function programHooks(
  type: string,
  spaces: Spaces,
  fields: Fields,
  bias: View | null,
  results: Results,
): Record<string, string> {
  const hooks: Record<string, string> = {
    ELEMENT: `alias Element = ${type};`,
    BATCH_PLACES: placesIn(spaces.batch, 'b', fields, 'vec4u'),
    ROW_PLACES: placesIn(spaces.rows, 'm', fields, results.rows),
    COLUMN_PLACES: placesIn(spaces.columns, 'n', fields, results.columns),
    INNER_PLACES: placesIn(spaces.inner, 'k', fields, results.inner),
    FIELDS: fields.members,
  };
  if (bias !== null) {
    hooks.OUTPUTS = [
      '@group(0) @binding(3) var<storage, read> bias: array<Element>;',
      '@group(0) @binding(4) var<storage, read_write> out: array<Element>;',
    ].join('\n');
    hooks.BIAS = 'if (to.first_part) {\n  extra = bias[to.bias + bias_at];\n}';
  }
  return hooks;
}

const keyOf = (type: string, { batch, rows, columns, inner }: Spaces, bias: View | null): string =>
  [type, bias === null ? '' : 'bias', ...[batch, rows, columns, inner].map(patternOf)].join('|');

/** Workgroups that keep a software adapter busy to the end, and the same for hardware. */
const enoughQuads = 16;
const enoughTiles = 256;

function runRegisters(recorder: Recorder, spaces: Spaces, sizes: Sizes, operands: Operands): void {
  const { rows, columns, batches, depth } = sizes;
  const { a, bias, size } = operands;
  const type = wgslType(a.dtype);
  // Lanes that own more rows and columns load less; tiles that are mostly outside cost as much as those inside.
  const height = rows <= 8 ? 2 : rows <= 16 ? 4 : 8;
  const width = columns <= 16 ? 4 : 8;
  const tiles = Math.ceil(rows / (4 * height)) * Math.ceil(columns / (4 * width)) * batches;
  const turns = Math.ceil(depth / 4);
  const share = Math.max(Math.ceil(turns / partsFor(tiles, enoughQuads, Math.ceil(turns / 16), depth, size)), 1);
  const parts = Math.max(Math.ceil(turns / share), 1);
  const fields = new Fields();
  const hooks = programHooks(type, spaces, fields, bias, fours);
  const exchanges = recorder.adapter.subgroups;
  if (exchanges) {
    // A workgroup of four threads is one subgroup, whose lanes are numbered 0 to 3 in whatever order.
    hooks.LANE = '@builtin(subgroup_invocation_id) lane: u32,';
    hooks.EXCHANGE = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal']
      .map((swap, index) => {
        const rows = [0, 1, 2, 3].map((row) => (height < 4 && row > 1 ? 'Element4()' : `${swap}(own.r${row})`));
        return `let lane${index + 1} = Block(${rows.join(', ')});`;
      })
      .join('\n');
  }
  const constants = { height, width, rest: Number(depth % 4 !== 0) };
  const key = ['contract', Object.values(constants).join(), Number(exchanges), keyOf(type, spaces, bias)].join('|');
  inParts(recorder, parts, operands, (to) => {
    const counts = [rows, columns, batches, depth, parts, share, size];
    const parameters: Word[] = [...counts, ...offsetsOf(operands, to), ...fields.words];
    const source = () => (exchanges ? 'enable subgroups;\n' : '') + assemble(registerTemplate, hooks);
    run(recorder, { key, source, parameters, constants }, operands, to, tiles * parts);
  });
}

function runTiled(recorder: Recorder, spaces: Spaces, sizes: Sizes, operands: Operands): void {
  const { rows, columns, batches, depth } = sizes;
  const { a, bias, size } = operands;
  const type = wgslType(a.dtype);
  const turn = 16;
  const tiles = Math.ceil(rows / 64) * Math.ceil(columns / 64) * batches;
  const turns = Math.ceil(depth / turn);
  const share = Math.max(Math.ceil(turns / partsFor(tiles, enoughTiles, Math.ceil(turns / 8), depth, size)), 1);
  const parts = Math.max(Math.ceil(turns / share), 1);
  const fields = new Fields();
  const hooks = programHooks(type, spaces, fields, bias, single);
  const key = `contract-tiled|${keyOf(type, spaces, bias)}`;
  inParts(recorder, parts, operands, (to) => {
    const counts = [rows, columns, batches, depth, parts, share * turn, size];
    const parameters: Word[] = [...counts, ...offsetsOf(operands, to), ...fields.words];
    run(recorder, { key, source: () => assemble(tiledTemplate, hooks), parameters }, operands, to, tiles * parts);
  });
}

function offsetsOf({ a, b, bias }: Operands, to: View): Word[] {
  return [begin(a), begin(b), bias === null ? 0 : begin(bias), begin(to)];
}

interface Program {
  readonly key: string;
  readonly source: () => string;
  readonly parameters: readonly Word[];
  readonly constants?: Record<string, number>;
}

function run(recorder: Recorder, program: Program, { a, b, bias }: Operands, to: View, groups: number): void {
  const read = bias === null ? [a, b] : [a, b, bias];
  const buffers = [...read, to].map(({ place }) => place);
  recorder.runGroups({ ...program, access: `${'r'.repeat(read.length)}w`, buffers }, groups);
}
