// Kernels that compute formulas for every element of one index space: how many elements a thread takes, and how each
// operand is indexed. Pure: it writes a program call down.

import template from '../../../shaders/map.wgsl?raw';
import { dimensionOrder, numelOf, contiguousStrides } from '../../shape.ts';
import { collapse, coordinates } from '../collapse.ts';
import { ownStrides } from '../domain.ts';
import { Bindings, isAligned, type Width } from '../memory-access.ts';
import { begin, type Recorder, type Word } from '../record.ts';
import type { Group } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { isPosition, type Operand, type Spot, Values } from '../values.ts';
import type { Node } from '../../graph.ts';
import { wgslType } from '../record.ts';

/** Threads of a workgroup, as in the template. */
const workgroup = 128;
/** Characters of the formulas of all lanes at most: longer programs take compilers long and gain nothing. */
const longestText = 16_384;

/** A node whose value is written, by strides over the domain. */
export interface Store {
  readonly node: Node;
  readonly operand: Operand;
}

/** The operands under which the values of a group are written. */
export function storesOf(recorder: Recorder, group: Group): Store[] {
  return group.stored.map((node, index) => {
    const form = group.needs.get(node)?.form ?? 'element';
    const strides = ownStrides(node, form, group.domain);
    if (strides === null) throw new Error('a value has no place in the domain of its kernel');
    return {
      node,
      operand: { name: `w${index}`, view: recorder.view(node), strides, type: wgslType(node.dtype), picked: false },
    };
  });
}

/** How an operand is indexed from the number of an element. */
type Mode = 'one' | 'along' | 'strided';

/** Runs a group whose nodes have a value for each element. */
export function runMap(recorder: Recorder, group: Group): void {
  const values = new Values(recorder, group, group.nodes);
  const stores = storesOf(recorder, group);
  const operands = [...values.reads, ...stores.map(({ operand }) => operand)];
  const { shape } = group.domain;
  const order = dimensionOrder(shape, stores[0]?.operand.strides ?? contiguousStrides(shape));
  const turned = (list: readonly number[]) => order.map((dim) => list[dim]);
  const collapsed = collapse(
    turned(shape),
    operands.map(({ strides }) => turned(strides)),
  );
  const size = numelOf(shape);
  const plain = contiguousStrides(collapsed.shape);
  const last = collapsed.shape.length - 1;
  const steps = new Map(operands.map((operand, index) => [operand, collapsed.strides[index]]));
  const stepsOf = (operand: Operand) => steps.get(operand) as readonly number[];
  const modeOf = (operand: Operand): Mode => {
    const strides = stepsOf(operand);
    if (strides.every((step) => step === 0)) return 'one';
    return strides.every((step, dim) => step === plain[dim]) ? 'along' : 'strided';
  };
  const modes = new Map(operands.map((operand) => [operand, modeOf(operand)]));
  // A lone element may be written as if it lay along.
  for (const { operand } of stores) if (modes.get(operand) === 'one') modes.set(operand, 'along');

  /** Whether the lanes of a thread always lie beside each other, or on one element, of every operand. */
  const fitsLanes = (lanes: Width): boolean => {
    const strided = operands.filter((operand) => modes.get(operand) === 'strided');
    if (strided.some((operand) => stepsOf(operand)[last] > 1 || isPosition(operand))) return false;
    if (values.reports && size % lanes !== 0) return false;
    return strided.length === 0
      ? stores.every(({ operand }) => isAligned(operand, lanes))
      : collapsed.shape[last] % lanes === 0;
  };
  const most = recorder.software ? ([16, 4] as const) : ([4] as const);
  const lanes = size < 4096 ? 1 : (most.find((width) => values.cost * width <= longestText && fitsLanes(width)) ?? 1);

  const isWide = (operand: Operand): boolean => {
    const mode = modes.get(operand) as Mode;
    if (lanes === 1 || mode === 'one' || operand.picked || !isAligned(operand, lanes)) return false;
    const strides = stepsOf(operand);
    return mode === 'along' || (strides[last] === 1 && strides.slice(0, -1).every((step) => step % lanes === 0));
  };
  const inMemory = operands.filter((operand) => !isPosition(operand));
  const bindings = new Bindings(
    inMemory.map((operand) => ({
      operand,
      width: isWide(operand) ? lanes : 1,
      written: stores.some((store) => store.operand === operand),
    })),
    values.reports ? recorder.status : null,
  );

  const parameters: Word[] = [size];
  const fields: string[] = [];
  const field = (name: string, word: Word): string => {
    fields.push(`${name}: u32,`);
    parameters.push(word);
    return `params.${name}`;
  };
  const anyStrided = operands.some((operand) => modes.get(operand) === 'strided');
  if (anyStrided) collapsed.shape.forEach((length, dim) => dim > 0 && field(`n${dim}`, length));
  const places = new Map<Operand, string>();
  const pattern: string[] = [];
  for (const operand of operands) {
    const mode = modes.get(operand) as Mode;
    const terms = isPosition(operand) ? [] : [field(`o_${operand.name}`, begin(operand.view))];
    if (mode === 'along') terms.push('i');
    if (mode === 'strided') {
      stepsOf(operand).forEach((step, dim) => {
        if (step === 1) terms.push(`c${dim}`);
        else if (step !== 0) terms.push(`c${dim} * ${field(`s${dim}_${operand.name}`, step)}`);
      });
    }
    places.set(operand, terms.join(' + ') || '0u');
    pattern.push(
      mode === 'strided'
        ? `${stepsOf(operand)
            .map((step) => (step > 1 ? 'n' : step))
            .join('')}${operand.name}`
        : mode,
    );
  }
  fields.push(...values.fields);
  parameters.push(...values.words);

  const statements: string[] = [];
  const spot: Spot = {
    lanes,
    out: statements,
    known: new Map(),
    line: null,
    load: (operand) => {
      const place = places.get(operand) as string;
      const strides = stepsOf(operand);
      const same =
        lanes === 1 || modes.get(operand) === 'one' || (modes.get(operand) === 'strided' && strides[last] === 0);
      if (same) {
        const name = values.name();
        statements.push(`let ${name} = ${bindings.element(operand, place)};`);
        return [name];
      }
      const width = bindings.width(operand);
      if (width === 1) {
        return Array.from({ length: lanes }, (_, lane) => {
          const name = values.name();
          statements.push(`let ${name} = ${bindings.element(operand, `${place} + ${lane}u`)};`);
          return name;
        });
      }
      return Array.from({ length: lanes / width }, (_, part) => {
        const name = values.name();
        statements.push(`let ${name} = ${bindings.wide(operand, `${place} + ${part * width}u`)};`);
        return bindings.parts(operand, name);
      }).flat();
    },
    at: (operand) => {
      const place = places.get(operand) as string;
      const moves = modes.get(operand) === 'along' || stepsOf(operand)[last] === 1;
      return moves ? Array.from({ length: lanes }, (_, lane) => (lane === 0 ? place : `${place} + ${lane}u`)) : [place];
    },
    element: (operand, at) => bindings.element(operand, at),
    pick: () => {
      throw new Error('only lines have picked positions');
    },
  };
  const writes: string[] = [];
  for (const { node, operand } of stores) {
    const names = values.value(node, spot);
    const all = Array.from({ length: lanes }, (_, lane) => names[names.length === 1 ? 0 : lane]);
    const place = places.get(operand) as string;
    const width = bindings.width(operand);
    if (width === 1)
      all.forEach((name, lane) =>
        writes.push(`${bindings.element(operand, lane === 0 ? place : `${place} + ${lane}u`)} = ${name};`),
      );
    else {
      for (let start = 0; start < lanes; start += width) {
        const at = start === 0 ? place : `${place} + ${start}u`;
        writes.push(`${bindings.wide(operand, at)} = ${bindings.joined(operand, all.slice(start, start + width))};`);
      }
    }
  }
  // What is only checked, or computed for nobody, still runs.
  for (const node of group.nodes) values.value(node, spot);

  const key = [
    'map',
    lanes,
    collapsed.shape.length,
    pattern.join(','),
    bindings.key,
    ...values.key,
    stores.map(({ node }) => group.nodes.indexOf(node)).join(','),
  ].join('|');
  const source = (): string => {
    const { types, buffers } = bindings.declare();
    return assemble(template, {
      TYPES: `const lanes = ${lanes}u;${types === '' ? '' : `\n${types}`}`,
      FIELDS: fields.join('\n'),
      BUFFERS: buffers,
      COORDINATES: anyStrided ? coordinates('i', collapsed.shape.length) : '',
      VALUES: statements.join('\n'),
      STORES: writes.join('\n'),
    });
  };
  const threads = Math.ceil(size / lanes);
  recorder.runGroups(
    { key, source, access: bindings.access, parameters, buffers: bindings.buffers },
    Math.ceil(threads / workgroup),
  );
}
