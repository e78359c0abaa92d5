// What happens to the values of a matrix product before they are stored: bias, activation, mask. Text for the hooks OUTPUTS,
// FIELDS and STORE of the products' programs.

import type { Node } from '../../graph.ts';
import { contiguousStrides, sameShape } from '../../shape.ts';
import { isKernel } from '../domain.ts';
import { Bindings } from '../memory-access.ts';
import { begin, type Place, type Recorder, type Word } from '../record.ts';
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

/** The binding of the first output in the templates. */
const firstBinding = 3;

/**
 * The epilogue of a group with a product. `names`: the names under which the template's function `store`
 * knows the coordinates of a value, for each dimension of the domain, and of its number in C order.
 */
export function epilogueOf(recorder: Recorder, group: Group, names: readonly string[], linear: string): Epilogue {
  const product = productOf(group);
  const others = group.nodes.filter((node) => node !== product);
  const values = new Values(recorder, group, others);
  const stores = storesOf(recorder, group);
  const operands = [...values.reads, ...stores.map(({ operand }) => operand)];
  const bindings = new Bindings(
    operands
      .filter((operand) => !isPosition(operand))
      .map((operand) => ({ operand, width: 1, written: stores.some((store) => store.operand === operand) })),
    values.reports ? recorder.status : null,
  );
  const fields: string[] = [];
  const parameters: Word[] = [];
  const field = (name: string, word: Word): string => {
    fields.push(`${name}: u32,`);
    parameters.push(word);
    return `params.${name}`;
  };
  const plain = contiguousStrides(group.domain.shape);
  const pattern: string[] = [];
  const places = new Map<Operand, string>();
  for (const operand of operands) {
    const terms = isPosition(operand) ? [] : [field(`o_${operand.name}`, begin(operand.view))];
    if (sameShape(operand.strides, plain)) terms.push(linear);
    else {
      operand.strides.forEach((step, dim) => {
        if (step === 1) terms.push(names[dim]);
        else if (step !== 0) terms.push(`${names[dim]} * ${field(`s${dim}_${operand.name}`, step)}`);
      });
    }
    places.set(operand, terms.join(' + ') || '0u');
    pattern.push(terms.map((term) => term.replace(/params\.\w+/, 'p')).join('+'));
  }
  const out: string[] = [];
  const at = (operand: Operand): string => places.get(operand) as string;
  const spot: Spot = {
    lanes: 1,
    out,
    known: new Map<Node, readonly string[]>([[product, ['value']]]),
    line: null,
    load: (operand) => {
      const name = values.name();
      out.push(`let ${name} = ${bindings.element(operand, at(operand))};`);
      return [name];
    },
    at: (operand) => [at(operand)],
    element: (operand, place) => bindings.element(operand, place),
    pick: () => {
      throw new Error('only lines have picked positions');
    },
  };
  for (const { node, operand } of stores) {
    const [name] = node === product ? ['value'] : values.value(node, spot);
    out.push(`${bindings.element(operand, at(operand))} = ${name};`);
  }
  for (const node of others) values.value(node, spot);
  return {
    hooks: {
      OUTPUTS: bindings.declare(firstBinding).buffers,
      FIELDS: [...fields, ...values.fields].join('\n'),
      STORE: out.join('\n'),
    },
    key: [
      pattern.join(','),
      bindings.key,
      ...values.key,
      stores.map(({ node }) => group.nodes.indexOf(node)).join(','),
    ].join('|'),
    parameters: [...parameters, ...values.words],
    buffers: bindings.buffers,
    access: bindings.access,
  };
}
