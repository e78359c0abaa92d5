// Pointwise programs: any formula over inputs in any layout, into an output in any layout. Copies, fills, casts, writes to
// a part and joins are pointwise programs too.

import template from '../../../shaders/pointwise.wgsl?raw';
import { isFloat } from '../../dtype.ts';
import { NotImplementedError } from '../../errors.ts';
import type { Node, PointwiseOp } from '../../graph.ts';
import { contiguousStrides, dimensionOrder, expandStrides, numelOf } from '../../shape.ts';
import { collapse, coordinates, placeOf } from '../collapse.ts';
import { type Machine, type View, wgslType, type Word } from '../machine.ts';
import { assemble } from '../shader.ts';

/** An input: a view, or a number that goes in as a parameter. */
export type Input = View | { readonly number: number; readonly dtype: View['dtype'] };

/** A formula in WGSL over a, b, c, with a name for the cache. */
export interface Formula {
  readonly name: string;
  readonly text: string;
  /** The formula yields a WGSL bool. */
  readonly test: boolean;
}

/** How an operand is read: a number, one element for all, along with the output, or by coordinates. */
type Mode = 'number' | 'one' | 'along' | 'strided';

/** The formula of a pointwise op for the dtype of its last input. */
export function formulaOf(op: PointwiseOp, node: Node): Formula {
  const last = node.inputs[node.inputs.length - 1].dtype;
  const arithmetic = isFloat(last) ? 'float' : last === 'bool' ? 'bool' : 'int';
  const text = op.wgsl[arithmetic];
  if (text === undefined) {
    throw new NotImplementedError({
      op: op.name,
      fact: `no ${arithmetic} formula in WGSL`,
      rule: 'nothing is computed on the CPU in its place',
    });
  }
  return { name: `${op.name}.${arithmetic}`, text, test: op.test };
}

/** What a kernel reads for an input node. */
export function inputOf(machine: Machine, node: Node): Input {
  return node.root.op.kind === 'scalar' ? { number: node.root.number, dtype: node.dtype } : machine.view(node);
}

/** The view of an input node in a buffer, also where it is a number. */
export function viewOf(machine: Machine, node: Node): View {
  if (node.root.op.kind !== 'scalar') return machine.view(node);
  const { shape, strides, dtype } = node;
  const lone = machine.denseView(machine.scratch('scalar', 1), [], dtype);
  copyView(machine, { number: node.root.number, dtype }, lone);
  return { ...lone, shape, strides };
}

const letters = ['a', 'b', 'c'] as const;

/** Runs `formula` for every element of `output`, to whose shape the inputs broadcast. */
export function runPointwise(machine: Machine, formula: Formula, inputs: readonly Input[], output: View): void {
  const size = numelOf(output.shape);
  if (size === 0) return;
  // In the order in which the output lies, so that neighbouring threads write neighbouring elements.
  const order = dimensionOrder(output.shape, output.strides);
  const turned = (list: readonly number[]) => order.map((dim) => list[dim]);
  const shape = turned(output.shape);
  const views = [...inputs, output].filter((input): input is View => 'buffer' in input);
  const strides = views.map((view) => turned(expandStrides(view.shape, view.strides, output.shape)));
  const collapsed = collapse(shape, strides);
  const rank = collapsed.shape.length;
  const stridesOf = new Map(views.map((view, index) => [view, collapsed.strides[index]]));
  const plain = contiguousStrides(collapsed.shape);

  const modeOf = (input: Input): Mode => {
    if (!('buffer' in input)) return 'number';
    const steps = stridesOf.get(input) as readonly number[];
    if (steps.every((step) => step === 0)) return 'one';
    return steps.every((step, dim) => step === plain[dim]) ? 'along' : 'strided';
  };
  const operands = [
    ...inputs.map((input, index) => ({ input, name: letters[index] as string })),
    { input: output as Input, name: 'out' },
  ];
  const modes = operands.map(({ input }) => modeOf(input));
  // A lone element may be written as if it lay along.
  if (modes[modes.length - 1] === 'one') modes[modes.length - 1] = 'along';
  const strided = modes.includes('strided');

  const parameters: Word[] = [size];
  const fields: string[] = [];
  const field = (name: string, word: Word, type = 'u32') => {
    fields.push(`${name}: ${type},`);
    parameters.push(word);
  };
  if (strided) collapsed.shape.forEach((length, dim) => dim > 0 && field(`n${dim}`, length));
  operands.forEach(({ input, name }, index) => {
    if (!('buffer' in input)) {
      const type = wgslType(input.dtype);
      field(`number_${name}`, type === 'f32' ? { float: input.number } : input.number, type);
      return;
    }
    field(`offset_${name}`, input.offset);
    if (modes[index] === 'strided')
      (stridesOf.get(input) as readonly number[]).forEach((step, dim) => field(`${name}${dim}_`, step));
  });

  const place = (name: string, mode: Mode): string => {
    if (mode === 'one') return `params.offset_${name}`;
    if (mode === 'along') return `params.offset_${name} + i`;
    return `params.offset_${name} + ${placeOf(name, rank).replace(/params\.(\w+)/g, 'params.$1_')}`;
  };
  const types = operands.map(({ input }) => wgslType(input.dtype));
  const key = [
    'pointwise',
    formula.name,
    output.dtype,
    rank,
    ...modes.map((mode, index) => `${mode}:${types[index]}`),
  ].join('|');
  const buffers = operands.flatMap(({ input }) => ('buffer' in input ? [input.buffer] : []));
  const source = (): string => {
    let binding = 1;
    const declare = operands.flatMap(({ input, name }, index) => {
      if (!('buffer' in input)) return [];
      const access = name === 'out' ? 'read_write' : 'read';
      return [
        `@group(0) @binding(${binding++}) var<storage, ${access}> ${name === 'out' ? 'out' : `in_${name}`}: array<${types[index]}>;`,
      ];
    });
    const loads = operands
      .slice(0, -1)
      .map(({ input, name }, index) =>
        'buffer' in input
          ? `let ${name} = in_${name}[${place(name, modes[index])}];`
          : `let ${name} = params.number_${name};`,
      );
    return assemble(template, {
      BUFFERS: declare.join('\n'),
      FIELDS: fields.join('\n'),
      COORDINATES: strided ? coordinates('i', rank) : '',
      LOAD: loads.join('\n'),
      VALUE: `let value = ${stored(formula, output)};`,
      STORE: `out[${place('out', modes[modes.length - 1])}] = value;`,
    });
  };
  const access = `${'r'.repeat(buffers.length - 1)}w`;
  machine.run({ key, source, access, parameters, buffers }, size);
}

/** The formula as the type that is stored: truth as 0 or 1, uint8 modulo 256. */
function stored(formula: Formula, output: View): string {
  if (formula.test) return `select(0, 1, ${formula.text})`;
  return output.dtype === 'uint8' ? `(${formula.text}) & 255` : formula.text;
}

export const copyFormula: Formula = { name: 'copy', text: 'a', test: false };

/** Copies a view into another of the same shape. */
export function copyView(machine: Machine, from: Input, to: View): void {
  runPointwise(machine, copyFormula, [from], to);
}

/** A dense copy of a view in a scratch buffer. */
export function denseCopy(machine: Machine, op: string, from: View): View {
  const to = machine.denseView(machine.scratch(op, numelOf(from.shape)), from.shape, from.dtype);
  copyView(machine, from, to);
  return to;
}
