// Kernels that compute formulas for every element of one index space: how many elements a thread takes, and how each
// operand is indexed. Pure: it writes a program call down.

import template from '../../../shaders/map.wgsl?raw';
import { dimensionOrder, numelOf, contiguousStrides } from '../../shape.ts';
import type { Node } from '../../core/graph.ts';
import { collapse, coordinates } from '../collapse.ts';
import { ownStrides } from '../domain.ts';
import { Fields } from '../fields.ts';
import { Bindings, isAligned, plus, type Width } from '../memory-access.ts';
import { type Recorder, wgslType } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { isPosition, type Names, type Operand, type Spot, Values } from '../values.ts';

/** Threads of a workgroup, as in the template. */
const workgroup = 128;
/** Characters of the formulas of all lanes at most: longer programs take compilers long and gain nothing. */
const longestText = 65_536;

/** A node whose value is written, by strides over the domain. */
export interface Store {
  readonly node: Node;
  readonly operand: Operand;
}

/** The operands under which the values of a kernel are written. */
export function storesOf(recorder: Recorder, kernel: Kernel): Store[] {
  return kernel.stored.map((node, index) => {
    const form = kernel.needs.get(node)?.form ?? 'element';
    const strides = ownStrides(node, form, kernel.domain);
    if (strides === null) throw new Error('a value has no place in the domain of its kernel');
    return {
      node,
      operand: { name: `w${index}`, view: recorder.view(node), strides, type: wgslType(node.dtype), picked: false },
    };
  });
}

/** How an operand is indexed from the number of an element. */
type Mode = 'one' | 'along' | 'strided';

/** Runs a kernel whose nodes have a value for each element. */
export function runMap(recorder: Recorder, kernel: Kernel): void {
  const fields = new Fields();
  const values = new Values(recorder, kernel, kernel.nodes, fields);
  const stores = storesOf(recorder, kernel);
  const operands = [...values.reads, ...stores.map(({ operand }) => operand)];
  const { shape } = kernel.domain;
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
    // A flipped operand steps backwards: its neighbours are not the next elements either.
    const beside = (operand: Operand) => stepsOf(operand)[last] === 0 || stepsOf(operand)[last] === 1;
    if (strided.some((operand) => !beside(operand) || isPosition(operand))) return false;
    if (values.reports && size % lanes !== 0) return false;
    return strided.length === 0
      ? stores.every(({ operand }) => isAligned(operand, lanes))
      : collapsed.shape[last] % lanes === 0;
  };
  const most = recorder.software ? ([16, 4] as const) : ([4] as const);
  const isSmall = size < 4096 || recorder.adapter.single;
  const lanes = isSmall ? 1 : (most.find((width) => values.cost * width <= longestText && fitsLanes(width)) ?? 1);

  const isWide = (operand: Operand): boolean => {
    const mode = modes.get(operand) as Mode;
    if (lanes === 1 || mode === 'one' || operand.picked || !isAligned(operand, lanes)) return false;
    const strides = stepsOf(operand);
    return mode === 'along' || (strides[last] === 1 && strides.slice(0, -1).every((step) => step % lanes === 0));
  };
  const bindings = new Bindings(
    operands
      .filter((operand) => !isPosition(operand))
      .map((operand) => ({
        operand,
        width: isWide(operand) ? lanes : 1,
        written: stores.some((store) => store.operand === operand),
      })),
    values.reports ? recorder.status : null,
  );

  // Coordinates are those of the first lane; the last counts threads, `lanes` elements each.
  const anyStrided = operands.some((operand) => modes.get(operand) === 'strided');
  if (anyStrided) {
    collapsed.shape.forEach((length, dim) => dim > 0 && fields.add(`n${dim}`, dim === last ? length / lanes : length));
  }
  const places = new Map<Operand, string>();
  const prologue: string[] = anyStrided ? coordinates('t', collapsed.shape.length, (dim) => `n${dim}`) : [];
  const pattern: string[] = [];
  const times = (name: string, factor: number) => (factor === 1 ? name : `${name} * ${factor}u`);
  for (const operand of operands) {
    const mode = modes.get(operand) as Mode;
    const width = isPosition(operand) ? 1 : bindings.width(operand);
    const terms: string[] = [];
    if (!isPosition(operand)) terms.push(fields.add(`o_${operand.name}`, bindings.begin(operand)));
    if (mode === 'along') terms.push(times('t', lanes / width));
    if (mode === 'strided') {
      stepsOf(operand).forEach((step, dim) => {
        if (step === 0) return;
        if (step === 1) terms.push(dim === last ? times(`c${dim}`, lanes / width) : `c${dim}`);
        else if (dim === last) terms.push(`c${dim} * ${fields.add(`s${dim}_${operand.name}`, step)}`);
        else terms.push(`c${dim} * ${fields.add(`s${dim}_${operand.name}`, step / width)}`);
      });
    }
    prologue.push(`let a_${operand.name} = ${terms.join(' + ') || '0u'};`);
    places.set(operand, `a_${operand.name}`);
    const sign = (step: number) => (step === 0 || step === 1 ? step : 'n');
    pattern.push(mode === 'strided' ? `${stepsOf(operand).map(sign).join('')}${operand.name}` : mode);
  }

  // Vectors one after the other: a block of 16 worked on as a whole keeps too many values alive.
  const statements: string[] = [];
  const common: Names = new Map();
  const part = Math.min(lanes, 4);
  for (let first = 0; first < lanes; first += part) {
    const moves = (operand: Operand): boolean => {
      const mode = modes.get(operand);
      return lanes > 1 && (mode === 'along' || (mode === 'strided' && stepsOf(operand)[last] === 1));
    };
    const at = (operand: Operand): string[] => {
      const place = places.get(operand) as string;
      return moves(operand) ? Array.from({ length: part }, (_, lane) => plus(place, first + lane)) : [place];
    };
    const spot: Spot = {
      lanes: part,
      out: statements,
      known: new Map(),
      common,
      kept: new Map(),
      line: null,
      load: (operand) => {
        const [from, count] = moves(operand) ? [first, part] : [0, 1];
        return bindings.read(operand, places.get(operand) as string, from, count, values.name(), statements);
      },
      at,
      element: (operand, place, offset) => bindings.element(operand, place, offset),
      pick: () => {
        throw new Error('only lines have picked positions');
      },
    };
    // All are read before one is written, which may lie where another is read.
    const written = stores.map(({ node }) => values.value(node, spot));
    // What is only checked, or computed for nobody, still runs.
    for (const node of kernel.nodes) values.value(node, spot);
    stores.forEach(({ operand }, index) => {
      const names = written[index];
      const all = Array.from({ length: part }, (_, lane) => names[names.length === 1 ? 0 : lane]);
      bindings.write(operand, places.get(operand) as string, first, all, statements);
    });
  }

  const key = [
    'map',
    lanes,
    collapsed.shape.length,
    pattern.join(','),
    bindings.key,
    ...values.key,
    stores.map(({ node }) => kernel.nodes.indexOf(node)).join(','),
  ].join('|');
  const source = (): string => {
    const { types, buffers } = bindings.declare();
    return assemble(template, {
      TYPES: types,
      FIELDS: fields.members,
      BUFFERS: buffers,
      ELEMENTS: [fields.reads, ...prologue, ...statements].join('\n'),
    });
  };
  const threads = Math.ceil(size / lanes);
  recorder.run(
    { key, source, access: bindings.access, parameters: [threads, ...fields.words], buffers: bindings.buffers },
    threads,
    workgroup,
  );
}
