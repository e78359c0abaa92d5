// What happens to the values of a sum of products before they are stored: bias, activation, mask. Text for the hooks OUTPUTS,
// FIELDS and STORE of the products' programs.

import type { Node } from '../../core/graph.ts';
import { contiguousStrides, sameShape } from '../../shape.ts';
import { collapse, coordinates } from '../collapse.ts';
import { isProduct } from '../domain.ts';
import { Fields } from '../fields.ts';
import { Bindings } from '../memory-access.ts';
import { begin, type Place, type Recorder, type View, type Word } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { isPosition, type Operand, type Spot, Values } from '../values.ts';
import { storesOf } from './map.ts';

/** What becomes of a value: stored as it is, or as the formulas behind the product say. */
export interface Finish {
  readonly hooks: { readonly OUTPUTS?: string; readonly FIELDS?: string; readonly STORE?: string };
  readonly key: string;
  readonly parameters: readonly Word[];
  readonly buffers: readonly Place[];
  readonly access: string;
  /** The element of `out` at which the values begin; with formulas 0. */
  readonly start: Word;
}

/** A finish for a program that binds its outputs from a number on. */
export type FinishFrom = (firstBinding: number) => Finish;

/** The values go into `out` as they are. */
export function storedIn(out: View): Finish {
  return { hooks: {}, key: '', parameters: [], buffers: [out.place], access: 'w', start: begin(out) };
}

/** The product of a kernel. */
export function productOf(kernel: Kernel): Node {
  return kernel.nodes.find(isProduct) as Node;
}

/**
 * The formulas of a kernel with a product. `names`: the names under which the template's function `store` knows the
 * coordinates of a value, for each dimension of the domain; null where it knows its number `index` in C order only.
 * `firstBinding`: the template's first output.
 */
export function epilogueOf(
  recorder: Recorder,
  kernel: Kernel,
  names: readonly string[] | null,
  firstBinding: number,
): Finish {
  const product = productOf(kernel);
  const others = kernel.nodes.filter((node) => node !== product);
  const fields = new Fields();
  const values = new Values(recorder, kernel, others, fields);
  const stores = storesOf(recorder, kernel);
  const operands = [...values.reads, ...stores.map(({ operand }) => operand)];
  const bindings = new Bindings(
    operands
      .filter((operand) => !isPosition(operand))
      .map((operand) => ({ operand, width: 1, written: stores.some((store) => store.operand === operand) })),
    values.reports ? recorder.status : null,
  );
  const { shape } = kernel.domain;
  const plain = contiguousStrides(shape);
  const isPlain = ({ strides }: Operand): boolean => sameShape(strides, plain);
  const pattern: string[] = [];
  const places = new Map<Operand, string>();
  const out: string[] = [];
  // Without names the coordinates come from the number of the value, over as few dimensions as the operands allow.
  const uneven = names === null ? operands.filter((operand) => !isPlain(operand)) : [];
  const fewer = collapse(
    shape,
    uneven.map(({ strides }) => strides),
  );
  if (uneven.length > 0) {
    fewer.shape.forEach((size, dim) => dim > 0 && fields.add(`n${dim}`, size));
    out.push(...coordinates('index', fewer.shape.length, (dim) => `n${dim}`));
  }
  const stepsOf = (operand: Operand): readonly number[] =>
    names === null ? fewer.strides[uneven.indexOf(operand)] : operand.strides;
  for (const operand of operands) {
    const terms = isPosition(operand) ? [] : [fields.add(`o_${operand.name}`, bindings.begin(operand))];
    // With an epilogue the templates count from 0: `index` is the number of the value in C order.
    if (isPlain(operand)) terms.push('index');
    else {
      stepsOf(operand).forEach((step, dim) => {
        const coordinate = names?.[dim] ?? `c${dim}`;
        if (step === 1) terms.push(coordinate);
        else if (step !== 0) terms.push(`${coordinate} * ${fields.add(`s${dim}_${operand.name}`, step)}`);
      });
    }
    places.set(operand, terms.join(' + ') || '0u');
    pattern.push(terms.join('+'));
  }
  const at = (operand: Operand): string => places.get(operand) as string;
  const spot: Spot = {
    lanes: 1,
    out,
    known: new Map([[product, ['value']]]),
    common: new Map(),
    kept: new Map(),
    line: null,
    load: (operand) => bindings.read(operand, at(operand), 0, 1, values.name(), out),
    at: (operand) => [at(operand)],
    element: (operand, place, offset) => bindings.element(operand, place, offset),
    pick: () => {
      throw new Error('only lines have picked positions');
    },
  };
  for (const { node, operand } of stores) {
    bindings.write(operand, at(operand), 0, node === product ? ['value'] : values.value(node, spot), out);
  }
  for (const node of others) values.value(node, spot);
  return {
    hooks: {
      OUTPUTS: bindings.declare(firstBinding).buffers,
      FIELDS: fields.members,
      STORE: [fields.reads, ...out].join('\n'),
    },
    key: [
      pattern.join(','),
      bindings.key,
      ...values.key,
      stores.map(({ node }) => kernel.nodes.indexOf(node)).join(','),
    ].join('|'),
    parameters: fields.words,
    buffers: bindings.buffers,
    access: bindings.access,
    start: 0,
  };
}
