// How the nodes of one kernel lie in its domain, the index space over which the kernel loops: which have a value for each
// element, which one a line, and by which strides each input is read. Pure.

import type { Node } from '../core/graph.ts';
import type { KernelAttrs, KernelOp } from '../core/op.ts';
import { expandStrides, numelOf, type Shape, viewStrides } from '../shape.ts';

/** An index space: its sizes (none is 1), and which dimensions lines run along (none for a kernel that reduces nothing). */
export interface Domain {
  readonly shape: Shape;
  readonly reduced: readonly number[];
}

/** Where a node has its values: at each element of the domain, or at each line. */
export type Form = 'element' | 'line';

/** An input as it is read from the domain: strides over the domain's dimensions into the buffer of `node.root`. */
export interface Access {
  readonly node: Node;
  readonly strides: Shape;
}

/** The sizes of the dimensions that lines do not run along, and of those they do. */
export function linesOf({ shape, reduced }: Domain): number[] {
  return shape.filter((_, dim) => !reduced.includes(dim));
}

export function countOf({ shape, reduced }: Domain): number {
  return numelOf(reduced.map((dim) => shape[dim]));
}

/** The domain of a node alone: of its own elements, or of those that it reduces. */
export function ownDomain(node: Node): Domain {
  const attrs = reduceAttrs(node);
  if (attrs === null) return { shape: node.shape.filter((size) => size !== 1), reduced: [] };
  const { shape } = node.inputs[0];
  const kept = shape.map((size, dim) => ({ size, dim })).filter(({ size }) => size !== 1);
  const reduced = kept.flatMap(({ dim }, at) => (attrs.dims.includes(dim) ? [at] : []));
  return { shape: kept.map(({ size }) => size), reduced };
}

/** Where `node` has its values in a domain; null if nowhere. */
export function formOf(node: Node, domain: Domain): Form | null {
  const size = numelOf(node.shape);
  if (reduceAttrs(node) === null && size === numelOf(domain.shape)) return 'element';
  return domain.reduced.length > 0 && size === numelOf(linesOf(domain)) ? 'line' : null;
}

/** Strides over `shape` as strides over the domain, for a node of that form; null where the layouts do not meet. */
export function restride(shape: Shape, strides: Shape, form: Form, domain: Domain): number[] | null {
  if (form === 'element') return viewStrides(shape, strides, domain.shape);
  const lines = viewStrides(shape, strides, linesOf(domain));
  if (lines === null) return null;
  let at = 0;
  return domain.shape.map((_, dim) => (domain.reduced.includes(dim) ? 0 : lines[at++]));
}

/** How `node`'s own buffer lies in the domain. */
export function ownStrides(node: Node, form: Form, domain: Domain): number[] | null {
  return restride(node.shape, node.strides, form, domain);
}

/** What a node asks of a domain: its inputs, and for positions in a dimension the strides that count them. */
export interface Needs {
  readonly form: Form;
  /** One an input; null for a number. Input 0 of a gather is read at the picked position besides. */
  readonly inputs: readonly (Access | null)[];
  /** For a scatter of one entry a line: the strides that count the position along its dimension. */
  readonly position: Shape | null;
}

/** How `node` would be computed in `domain`, or null if it cannot. */
export function needsOf(node: Node, domain: Domain): Needs | null {
  const form = formOf(node, domain);
  if (form === null) return null;
  const accesses: (Access | null)[] = [];
  for (const [index, input] of node.inputs.entries()) {
    if (input.root.op.kind === 'scalar') {
      accesses.push(null);
      continue;
    }
    const strides = inputStrides(node, input, index, form, domain);
    if (strides === null) return null;
    accesses.push({ node: input, strides });
  }
  const scattered = isKernel(node, 'scatter');
  const position = scattered ? restride(node.inputs[0].shape, [0, 1, 0], form, domain) : null;
  return scattered && position === null ? null : { form, inputs: accesses, position };
}

function inputStrides(node: Node, input: Node, index: number, form: Form, domain: Domain): number[] | null {
  if (isKernel(node, 'reduce')) return viewStrides(input.shape, input.strides, domain.shape);
  if (isKernel(node, 'gather')) {
    // (O, J, I) of the result; x (O, D, I) is read at the picked position of D.
    const shape = node.inputs[1].shape;
    const [outer, along, inner] = input.strides;
    return restride(shape, index === 0 ? [outer, 0, inner] : [outer, along, inner], form, domain);
  }
  if (isKernel(node, 'scatter')) {
    // (O, D, I) of the result; index and source have one entry along D.
    const [outer, along, inner] = input.strides;
    return restride(node.inputs[0].shape, index === 0 ? [outer, along, inner] : [outer, 0, inner], form, domain);
  }
  return restride(node.shape, expandStrides(input.shape, input.strides, node.shape), form, domain);
}

/** Whether strides name the same place everywhere in the domain. */
export function sameStrides(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((stride, dim) => stride === b[dim]);
}

/** Whether a gather reads, of a value that its own kernel computes, the element of each line at a picked position. */
export function picksFromLine(node: Node, needs: Needs, domain: Domain): boolean {
  if (!isKernel(node, 'gather') || needs.form !== 'line' || domain.reduced.length !== 1) return false;
  const [x, index] = node.inputs;
  if (index.shape[1] !== 1 || x.offset !== 0) return false;
  const whole = viewStrides(x.shape, x.strides, domain.shape);
  const along = viewStrides(x.shape, [0, 1, 0], domain.shape);
  const own = ownStrides(x.root, 'element', domain);
  if (whole === null || along === null || own === null) return false;
  return sameStrides(whole, own) && along.every((stride, dim) => stride === Number(dim === domain.reduced[0]));
}

export function isKernel(node: Node, name: KernelOp['name']): boolean {
  return node.op.kind === 'kernel' && node.op.name === name;
}

/** Whether a node is a sum of products, behind which formulas may stand. */
export function isProduct(node: Node): boolean {
  return isKernel(node, 'matmul') || isKernel(node, 'contract');
}

/** What a reduction reduces; null for other nodes. */
export function reduceAttrs(node: Node): KernelAttrs['reduce'] | null {
  return isKernel(node, 'reduce') ? (node.op as { attrs: KernelAttrs['reduce'] }).attrs : null;
}
