// einsum: sums of products by the labels of dimensions. The equation is read into lists of labels; operands are then joined two
// at a time, the pair with the smallest result first, each by one batched matrix product (or a product of elements where
// nothing is summed). https://pytorch.org/docs/stable/generated/torch.einsum.html

import { ArgumentError, ShapeError } from '../errors.ts';
import { formatShape, numelOf } from '../shape.ts';
import { define, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { mul } from './arithmetic.ts';
import { bmm, mm } from './matmul.ts';
import { diagonal } from './part.ts';
import { sum } from './reduce.ts';
import { permute, reshape, squeeze, unsqueeze } from './view.ts';

/** A label of the equation: a letter, a number of a sublist, or for what '...' stands for `...1` (the last dimension), `...2` .. */
type Label = string;
const ellipsis = '...';

/** A tensor and the label of each of its dimensions. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly Label[];
}

/** What an equation says: the labels of each operand and of the result (null: the implicit ones). */
interface Equation {
  readonly operands: readonly (readonly Label[])[];
  readonly output: readonly Label[] | null;
}

type Sublist = readonly (number | '...')[];

function fail(fact: string, rule: string): ArgumentError {
  return new ArgumentError({ op: 'einsum', fact, rule });
}

/** The labels of one operand: `ab...c`, with spaces anywhere. */
function readLabels(text: string, equation: string): Label[] {
  const labels = text.replaceAll(' ', '').match(/\.\.\.|[\s\S]/g) ?? [];
  for (const label of labels) {
    if (label === ellipsis || /^[a-zA-Z]$/.test(label)) continue;
    throw fail(`'${label}' in '${equation}'`, "labels are letters; '...' stands for the dimensions that are not named");
  }
  if (labels.filter((label) => label === ellipsis).length > 1)
    throw fail(`'${text.trim()}' in '${equation}'`, "'...' can stand once for each tensor");
  return labels;
}

function readEquation(text: string): Equation {
  const [inputs, output, more] = text.split('->');
  if (more !== undefined) throw fail(`'${text}'`, "'->' can stand once");
  return {
    operands: inputs.split(',').map((one) => readLabels(one, text)),
    output: output === undefined ? null : readLabels(output, text),
  };
}

/** Letters in the order of the implicit output: A to Z, then a to z; numbers by size. */
function byName(a: Label, b: Label): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : Number(a > b);
}

/** The labels of `count` dimensions under '...', the last of which is `...1`. */
function hidden(count: number): Label[] {
  return Array.from({ length: count }, (_, at) => `${ellipsis}${count - at}`);
}

/** The labels with those of `count` dimensions in the place of '...'. */
function written(labels: readonly Label[], count: number): Label[] {
  return labels.flatMap((label) => (label === ellipsis ? hidden(count) : [label]));
}

/** The operand with each label once: dimensions of one label become their diagonal. */
function labelled(tensor: Tensor, names: readonly Label[], at: number): Labelled {
  const named = names.filter((label) => label !== ellipsis).length;
  const rank = tensor.shape.length;
  if (names.includes(ellipsis) ? rank < named : rank !== named) {
    throw new ShapeError({
      op: 'einsum',
      fact: `operand ${at} ${formatShape(tensor.shape)} for '${names.join('')}'`,
      rule: 'it needs a dimension for each label',
    });
  }
  let labels = written(names, rank - named);
  let result = tensor;
  for (let first = 0; first < labels.length; first++) {
    for (let second = labels.indexOf(labels[first], first + 1); second > 0;) {
      const [one, other] = [result.shape[first], result.shape[second]];
      if (one !== other) throw sizesDiffer(labels[first], one, other);
      result = diagonal(result, 0, first, second);
      // The diagonal is the last dimension: it goes where the first was.
      const order = result.shape.map((_, dim) => dim);
      order.splice(first, 0, order.pop() as number);
      result = permute(result, order);
      labels = labels.filter((_, dim) => dim !== second);
      second = labels.indexOf(labels[first], first + 1);
    }
  }
  return { tensor: result, labels };
}

function sizesDiffer(label: Label, one: number, other: number): ShapeError {
  return new ShapeError({
    op: 'einsum',
    fact: `label '${label}' stands for sizes ${one} and ${other}`,
    rule: 'a label has one size, or 1, which broadcasts',
  });
}

/** The size of each label; 1 broadcasts. */
function sizesOf(list: readonly Labelled[]): ReadonlyMap<Label, number> {
  const sizes = new Map<Label, number>();
  for (const { tensor, labels } of list) {
    labels.forEach((label, dim) => {
      const [known, size] = [sizes.get(label) ?? 1, tensor.shape[dim]];
      if (known !== 1 && size !== 1 && known !== size) throw sizesDiffer(label, known, size);
      sizes.set(label, known === 1 ? size : known);
    });
  }
  return sizes;
}

/** Without the dimensions of `dropped`, which have one element or are summed. */
function without({ tensor, labels }: Labelled, dropped: (label: Label, dim: number) => boolean): Labelled {
  const dims = labels.flatMap((label, dim) => (dropped(label, dim) ? [dim] : []));
  if (dims.length === 0) return { tensor, labels };
  const ones = dims.every((dim) => tensor.shape[dim] === 1);
  const kept = labels.filter((_, dim) => !dims.includes(dim));
  return { tensor: ones ? squeeze(tensor, dims) : sum(tensor, dims), labels: kept };
}

/** The dimensions of an operand by the lists of labels, each list as one dimension. */
function grouped({ tensor, labels }: Labelled, groups: readonly (readonly Label[])[]): Tensor {
  const dims = groups.map((group) => group.map((label) => labels.indexOf(label)));
  const shape = dims.map((group) => numelOf(group.map((dim) => tensor.shape[dim])));
  return reshape(permute(tensor, dims.flat()), shape);
}

/** The product of two operands, summed over the labels that nobody else needs. */
function join(a: Labelled, b: Labelled, needed: ReadonlySet<Label>, sizes: ReadonlyMap<Label, number>): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const inner = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const shape = labels.map((label) => sizes.get(label) as number);
  if (inner.length === 0) {
    const [left, right] = [grouped(a, [batch, rows]), grouped(b, [batch, columns])];
    return { tensor: reshape(mul(unsqueeze(left, 2), unsqueeze(right, 1)), shape), labels };
  }
  if (batch.length === 0) {
    return { tensor: reshape(mm(grouped(a, [rows, inner]), grouped(b, [inner, columns])), shape), labels };
  }
  const product = bmm(grouped(a, [batch, rows, inner]), grouped(b, [batch, inner, columns]));
  return { tensor: reshape(product, shape), labels };
}

/** The labels of all operands but some, and of the result: what a product of those must keep. */
function neededBeside(list: readonly Labelled[], taken: readonly number[], output: readonly Label[]): Set<Label> {
  return new Set([...output, ...list.flatMap(({ labels }, at) => (taken.includes(at) ? [] : labels))]);
}

/** The two operands to join next: those with the smallest result, the first of equals. */
function nextPair(
  list: readonly Labelled[],
  output: readonly Label[],
  sizes: ReadonlyMap<Label, number>,
): readonly [number, number] {
  let best: readonly [number, number] = [0, 1];
  let least = Infinity;
  for (let i = 0; i < list.length && list.length > 2; i++) {
    for (let j = i + 1; j < list.length; j++) {
      const needed = neededBeside(list, [i, j], output);
      const labels = new Set([...list[i].labels, ...list[j].labels].filter((label) => needed.has(label)));
      const size = numelOf([...labels].map((label) => sizes.get(label) as number));
      if (size < least) [best, least] = [[i, j], size];
    }
  }
  return best;
}

function evaluate({ operands, output }: Equation, tensors: readonly Tensor[]): Tensor {
  if (operands.length !== tensors.length)
    throw fail(`${tensors.length} operands for ${operands.length} lists of labels`, 'each operand needs its labels');
  const whole = tensors.map((tensor, at) => labelled(tensor, operands[at], at));
  const sizes = sizesOf(whole);
  const most = Math.max(0, ...[...sizes.keys()].map((label) => Number(label.split(ellipsis)[1] ?? 0)));
  const once = operands
    .flat()
    .filter((label, _, all) => label !== ellipsis && all.indexOf(label) === all.lastIndexOf(label));
  const labels = output === null ? [...hidden(most), ...once.toSorted(byName)] : written(output, most);
  labels.forEach((label, at) => {
    if (!sizes.has(label)) throw fail(`output label '${label}'`, 'it must be a label of an operand');
    if (labels.indexOf(label) < at) throw fail(`output label '${label}' stands twice`, 'it can stand once');
  });
  // What broadcasts is left out of the operand: the others have it.
  let list = whole.map((one) => without(one, (label, dim) => one.tensor.shape[dim] === 1 && sizes.get(label) !== 1));
  // What nobody else needs is summed first.
  list = list.map((one, at) => {
    const needed = neededBeside(list, [at], labels);
    return without(one, (label) => !needed.has(label));
  });
  while (list.length > 1) {
    const [i, j] = nextPair(list, labels, sizes);
    const joined = join(list[i], list[j], neededBeside(list, [i, j], labels), sizes);
    list = [joined, ...list.filter((_, at) => at !== i && at !== j)];
  }
  const [{ tensor, labels: last }] = list;
  const order = labels.map((label) => last.indexOf(label));
  return order.every((dim, at) => dim === at) ? tensor : permute(tensor, order);
}

const byEquation = define('einsum', [p.string('equation'), p.tensors('operands')], (equation, operands): Tensor =>
  evaluate(readEquation(equation), operands),
);

const bySublists = define(
  'einsum',
  [
    p.tensors('operands'),
    p.custom<readonly Sublist[]>()('sublists', 'lists of integers', (v) => Array.isArray(v)),
    p.custom<Sublist | undefined>()('output', 'a list of integers', (v) => v === null || Array.isArray(v)),
  ],
  (tensors, sublists, output): Tensor => {
    const read = (list: Sublist): Label[] => {
      for (const one of list)
        if (one !== ellipsis && !(Number.isInteger(one) && one >= 0 && one < 52))
          throw fail(`${String(one)} in a sublist`, "labels are integers from 0 to 51, or '...'");
      return list.map(String);
    };
    return evaluate({ operands: sublists.map(read), output: output == null ? null : read(output) }, tensors);
  },
);

/**
 * Sums of products by labels: `einsum('bij, bjk -> bik', a, b)`, the operands one by one or as a list; or with lists of
 * integers for labels, `einsum(a, [0, 1], b, [1, 2], [0, 2])`. https://pytorch.org/docs/stable/generated/torch.einsum.html
 */
export function einsum(equation: string, ...operands: readonly Tensor[] | readonly [readonly Tensor[]]): Tensor;
export function einsum(...operandsAndSublists: readonly (Tensor | Sublist)[]): Tensor;
export function einsum(...given: readonly (string | Tensor | readonly Tensor[] | Sublist)[]): Tensor {
  const [first, ...rest] = given;
  if (typeof first === 'string') {
    const operands = rest.length === 1 && Array.isArray(rest[0]) ? rest[0] : rest;
    return byEquation(first, operands as readonly Tensor[]);
  }
  const tensors = given.filter((_, at) => at % 2 === 0 && at < given.length - (given.length % 2));
  const sublists = given.filter((_, at) => at % 2 === 1);
  const output = given.length % 2 === 1 ? (given.at(-1) as Sublist) : undefined;
  return bySublists(tensors as readonly Tensor[], sublists as readonly Sublist[], (output ?? null) as Sublist);
}
