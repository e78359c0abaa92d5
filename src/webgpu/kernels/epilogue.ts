// What happens to the values of a matrix product before they are stored: bias, activation, mask. Text for the hooks OUTPUTS,
// FIELDS and STORE of the products' programs.

import type { Node } from '../../graph.ts';
import { contiguousStrides, sameShape } from '../../shape.ts';
import { isKernel } from '../domain.ts';
import { Fields } from '../fields.ts';
import { Bindings } from '../memory-access.ts';
import { type Place, type Recorder, type Word } from '../record.ts';
import type { Group } from '../schedule.ts';
import { isPosition, type Operand, type Spot, Values } from '../values.ts';
import { storesOf } from './map.ts';

/** The hooks of one epilogue, and what the program must be given for them. */
export interface Epilogue {
  readonly hooks: { readonly OUTPUTS: string; readonly FIELDS: string; readonly STORE: string };
  readonly key: string;
  readonly parameters: readonly Word[];
  readonly buffers: readonly Place[];
  readonly access: string;
}

/** The product of a group. */
export function productOf(group: Group): Node {
  return group.nodes.find((node) => isKernel(node, 'matmul')) as Node;
}

/**
 * The epilogue of a group with a product. `names`: the names under which the template's function `store`
 * knows the coordinates of a value, for each dimension of the domain; `firstBinding`: the template's first output.
 */
export function epilogueOf(recorder: Recorder, group: Group, names: readonly string[], firstBinding: number): Epilogue {
  const product = productOf(group);
  const others = group.nodes.filter((node) => node !== product);
  const fields = new Fields();
  const values = new Values(recorder, group, others, fields);
  const stores = storesOf(recorder, group);
  const operands = [...values.reads, ...stores.map(({ operand }) => operand)];
  const bindings = new Bindings(
    operands
      .filter((operand) => !isPosition(operand))
      .map((operand) => ({ operand, width: 1, written: stores.some((store) => store.operand === operand) })),
    values.reports ? recorder.status : null,
  );
  const plain = contiguousStrides(group.domain.shape);
  const pattern: string[] = [];
  const places = new Map<Operand, string>();
  for (const operand of operands) {
    const terms = isPosition(operand) ? [] : [fields.add(`o_${operand.name}`, bindings.begin(operand))];
    // With an epilogue the templates count from 0: `index` is the number of the value in C order.
    if (sameShape(operand.strides, plain)) terms.push('index');
    else {
      operand.strides.forEach((step, dim) => {
        if (step === 1) terms.push(names[dim]);
        else if (step !== 0) terms.push(`${names[dim]} * ${fields.add(`s${dim}_${operand.name}`, step)}`);
      });
    }
    places.set(operand, terms.join(' + ') || '0u');
    pattern.push(terms.join('+'));
  }
  const out: string[] = [];
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
      stores.map(({ node }) => group.nodes.indexOf(node)).join(','),
    ].join('|'),
    parameters: fields.words,
    buffers: bindings.buffers,
    access: bindings.access,
  };
}
