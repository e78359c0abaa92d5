// The structure of a flush as a list of integers: two flushes with equal lists are the same program over other values, so
// the plan of one serves the other. Numbers of the user's and the values themselves are not part of it.

import type { DType } from '../dtype.ts';
import type { Flush, Node } from '../core/graph.ts';
import type { KernelOp, ListReduction, ListRule, PointwiseOp } from '../core/op.ts';
import type { Layout } from '../shape.ts';

/** What the device knows of a value that a flush reads. */
export interface GivenTraits {
  /** The element at which it begins is a multiple of this. */
  readonly aligned: number;
  /** Its buffer is its own, so that a result may take it over. */
  readonly own: boolean;
  /** Values of one buffer have one number; a buffer of its own has -1. */
  readonly shared: number;
  /** The element of its buffer at which it begins; -1 for a slot of the slab, which may be another one next time. */
  readonly start: number;
}

/** A flush by its structure, with what a replay binds: the values it reads, the numbers, the nodes it computes. */
export interface Structure {
  readonly code: Int32Array;
  readonly hash: number;
  readonly given: readonly Node[];
  readonly traits: readonly GivenTraits[];
  readonly scalars: readonly Node[];
  /** The nodes to run, in program order, without leaves and without the results of kernels with several. */
  readonly nodes: readonly Node[];
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];
const words = new Map<string, number>();
type Row = PointwiseOp | ListRule | ListReduction;
const rows = new WeakMap<Row, number>();

function wordNumber(word: string): number {
  let number = words.get(word);
  if (number === undefined) words.set(word, (number = words.size));
  return number;
}

/** A number for a formula: one that is made anew in each call counts by what it says. */
function rowNumber(row: Row): number {
  let number = rows.get(row);
  if (number === undefined) rows.set(row, (number = wordNumber(textOf(row))));
  return number;
}

function textOf(row: Row): string {
  // The names of rules for lists say all that they depend on.
  if (!('kind' in row)) return `list ${row.name}`;
  const { float, int, bool } = row.wgsl;
  return `formula ${row.name} ${row.test}|${float}|${int}|${bool}`;
}

let buffer = new Int32Array(4096);
let length = 0;

function put(value: number): void {
  if (length === buffer.length) {
    const larger = new Int32Array(buffer.length * 2);
    larger.set(buffer);
    buffer = larger;
  }
  buffer[length++] = value;
}

function putList(list: readonly number[]): void {
  // By index, here and below: this runs for every node of every step, and iterators are objects.
  const { length: count } = list;
  put(count);
  for (let at = 0; at < count; at++) put(list[at]);
}

/** An attribute of a kernel: numbers, words, lists, layouts and formulas. */
function putValue(value: string | number | boolean | readonly number[] | Layout | ListRule | ListReduction): void {
  if (typeof value === 'number') put(value);
  else if (typeof value === 'boolean') put(Number(value));
  else if (typeof value === 'string') put(wordNumber(value));
  else if ('wgsl' in value) put(rowNumber(value));
  else if ('strides' in value) {
    putList(value.shape);
    putList(value.strides);
    put(value.offset);
  } else putList(value);
}

/** The structure of what a flush computes; `traits` tells about a value that it reads. */
export function structureOf(flush: Flush, traits: (node: Node) => GivenTraits): Structure {
  length = 0;
  const numbers = new Map<Node, number>();
  const given: Node[] = [];
  const scalars: Node[] = [];
  const nodes: Node[] = [];
  // Values that the flush computes count from 0, those that it is given from -1 down.
  const refer = (root: Node): number => {
    let number = numbers.get(root);
    if (number !== undefined) return number;
    if (root.op.kind === 'scalar') {
      scalars.push(root);
      number = 0x40000000 + scalars.length;
      put(dtypes.indexOf(root.dtype));
    } else {
      given.push(root);
      number = -given.length;
    }
    numbers.set(root, number);
    return number;
  };
  const settled = new Set(flush.settle);
  const describe = (node: Node): void => {
    put(dtypes.indexOf(node.dtype));
    putList(node.shape);
    putList(node.strides);
    const donor = flush.donors.get(node);
    put((flush.passing.has(node) ? 0 : 1) | (settled.has(node) ? 2 : 0) | (donor === undefined ? 0 : 4));
    if (donor !== undefined) put(refer(donor));
  };
  for (const node of flush.nodes) {
    if (node.host !== null || node.value !== null || node.op.kind === 'output') continue;
    const { op } = node;
    put(op.kind === 'pointwise' ? rowNumber(op) : -1 - wordNumber(op.name));
    if (op.kind === 'kernel') for (const value of Object.values((op as KernelOp).attrs)) putValue(value);
    const { inputs } = node;
    put(inputs.length);
    for (let at = 0; at < inputs.length; at++) {
      const input = inputs[at];
      put(refer(input.root));
      if (input === input.root) continue;
      put(0x50000000);
      putList(input.shape);
      putList(input.strides);
      put(input.offset);
    }
    numbers.set(node, nodes.length);
    nodes.push(node);
    if (node.outputs === null) describe(node);
    else {
      for (const output of node.outputs) {
        numbers.set(output, 0x20000000 + numbers.size);
        describe(output);
      }
    }
  }
  const known = given.map(traits);
  given.forEach((node, index) => {
    const { aligned, own, shared, start } = known[index];
    put(dtypes.indexOf(node.dtype));
    put(aligned * 2 + Number(own));
    put(shared);
    put(start);
    putList(node.shape);
    putList(node.strides);
  });
  const code = buffer.slice(0, length);
  let hash = 17;
  for (let at = 0; at < length; at++) hash = (Math.imul(hash, 31) + code[at]) | 0;
  return { code, hash, given, traits: known, scalars, nodes };
}

/** Whether two structures are equal. */
export function sameCode(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
