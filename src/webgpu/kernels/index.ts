// The kernels of the GPU device by the name under which graph.ts lists them; a missing one does not compile. Each reads
// views and writes the buffers that the backend allocated for its results.

import checkIndexTemplate from '../../../shaders/check-index.wgsl?raw';
import gatherTemplate from '../../../shaders/gather.wgsl?raw';
import philoxTemplate from '../../../shaders/philox.wgsl?raw';
import scatterTemplate from '../../../shaders/scatter.wgsl?raw';
import sgdTemplate from '../../../shaders/sgd.wgsl?raw';
import type { KernelAttrs, KernelName, Node } from '../../graph.ts';
import { contiguousStrides, numelOf } from '../../shape.ts';
import { type Machine, sizeOf, type View, wgslType, type Word } from '../machine.ts';
import { assemble } from '../shader.ts';
import { runMatmul } from './matmul.ts';
import { copyView, denseCopy, inputOf, viewOf } from './pointwise.ts';
import { runReduce, runScan, scansInPlace } from './reduce.ts';

/** What a kernel is run with. */
export interface KernelCall {
  readonly machine: Machine;
  readonly node: Node;
  readonly inputs: readonly Node[];
  readonly outputs: readonly View[];
  /** Outputs that are the buffer of the input they replace. */
  readonly donated: ReadonlySet<number>;
}

type Kernel<K extends KernelName> = (attrs: KernelAttrs[K], call: KernelCall) => void;

export const kernels: { readonly [K in KernelName]: Kernel<K> } = {
  fill: (_, { machine, inputs, outputs }) => copyView(machine, inputOf(machine, inputs[0]), outputs[0]),
  reduce: (attrs, { machine, inputs, outputs }) => runReduce(machine, attrs, viewOf(machine, inputs[0]), outputs[0]),
  scan: (attrs, { machine, inputs, outputs }) => {
    const x = viewOf(machine, inputs[0]);
    runScan(machine, attrs, scansInPlace(x, attrs.dim) ? x : denseCopy(machine, 'scan', x), outputs[0]);
  },
  matmul: (_, { machine, inputs, outputs }) =>
    runMatmul(machine, viewOf(machine, inputs[0]), viewOf(machine, inputs[1]), outputs[0]),
  gather: (_, call) => runGather(call),
  scatter: (attrs, call) => runScatter(attrs, call),
  checkIndex: (attrs, call) => runCheckIndex(attrs, call),
  write: ({ region }, { machine, inputs, outputs, donated }) => {
    const [out] = outputs;
    if (!donated.has(0)) copyView(machine, viewOf(machine, inputs[0]), { ...out, strides: inputs[0].strides });
    copyView(machine, inputOf(machine, inputs[1]), {
      ...out,
      ...region,
      offset: out.offset + region.offset,
      buffer: out.buffer,
    });
  },
  cat: (attrs, call) => runCat(attrs, call),
  philox: (_, { machine, inputs, outputs }) => {
    const size = sizeOf(outputs[0]);
    const [low, high, offset] = inputs.map((input) => input.number >>> 0);
    const call = { key: 'philox', source: () => assemble(philoxTemplate), access: 'w' };
    const parameters = [size, low, high, offset];
    machine.run({ ...call, parameters, buffers: [outputs[0].buffer] }, Math.ceil(size / 4));
  },
  sgd: (attrs, call) => runSgd(attrs, call),
};

function runGather({ machine, inputs, outputs }: KernelCall): void {
  const [x, index] = inputs.map((input) => viewOf(machine, input));
  const [out] = outputs;
  const type = wgslType(out.dtype);
  const size = numelOf(index.shape);
  const parameters = [size, index.shape[1], index.shape[2], x.offset, ...x.strides, index.offset, ...index.strides];
  const source = () => assemble(gatherTemplate, { ELEMENT: `alias Element = ${type};` });
  const buffers = [x.buffer, index.buffer, out.buffer];
  machine.run({ key: `gather|${type}`, source, access: 'rrw', parameters, buffers }, size);
}

function runScatter({ mode }: KernelAttrs['scatter'], { machine, inputs, outputs }: KernelCall): void {
  const [out] = outputs;
  const [base, index, source] = inputs.map((input) => viewOf(machine, input));
  const [outer, length, inner] = base.shape;
  copyView(machine, base, { ...out, shape: base.shape, strides: [length * inner, inner, 1] });
  const type = wgslType(out.dtype);
  const wrap = out.dtype === 'uint8' ? ' & 255' : '';
  const join = mode === 'add' ? `out[place] = (out[place] + value)${wrap};` : 'out[place] = value;';
  const program = () => assemble(scatterTemplate, { ELEMENT: `alias Element = ${type};`, JOIN: join });
  const parameters = [
    outer,
    index.shape[1],
    inner,
    length,
    index.offset,
    ...index.strides,
    source.offset,
    ...source.strides,
  ];
  const buffers = [index.buffer, source.buffer, out.buffer];
  const key = `scatter|${mode}|${out.dtype}`;
  machine.run({ key, source: program, access: 'rrw', parameters, buffers }, outer * inner);
}

function runCheckIndex(
  { size, negative }: KernelAttrs['checkIndex'],
  { machine, node, inputs, outputs }: KernelCall,
): void {
  const given = viewOf(machine, inputs[0]);
  const index = denseCopy(machine, 'checkIndex', given);
  const count = sizeOf(index);
  const parameters: Word[] = [count, index.offset, size, Number(negative), machine.registerCheck(node)];
  const buffers = [index.buffer, outputs[0].buffer, machine.status];
  const text = () => assemble(checkIndexTemplate);
  machine.run({ key: 'checkIndex', source: text, access: 'rww', parameters, buffers }, count);
}

function runCat({ dim }: KernelAttrs['cat'], { machine, inputs, outputs, node }: KernelCall): void {
  const [out] = outputs;
  let start = 0;
  for (const input of inputs) {
    const view = inputOf(machine, input);
    if (input.shape.length !== node.shape.length) {
      // A single input of another shape is a plain copy in C order.
      copyView(machine, view, { ...out, shape: input.shape, strides: contiguousStrides(input.shape) });
      continue;
    }
    copyView(machine, view, { ...out, shape: input.shape, offset: out.offset + start * out.strides[dim] });
    start += input.shape[dim];
  }
}

function runSgd(attrs: KernelAttrs['sgd'], { machine, inputs, outputs, donated }: KernelCall): void {
  const [parameter, buffer] = outputs;
  const scalars = inputs.slice(-4).map((input) => ({ float: input.number }));
  const sources = attrs.momentum ? [inputs[0], inputs[2]] : [inputs[0]];
  sources.forEach((input, index) => {
    if (!donated.has(index)) copyView(machine, inputOf(machine, input), { ...outputs[index], shape: input.shape });
  });
  const given = viewOf(machine, inputs[1]);
  const gradient = sameOrder(given, parameter) ? given : denseCopy(machine, 'sgd', given);
  const size = sizeOf(parameter);
  const hooks: Record<string, string> = {};
  if (attrs.momentum) {
    hooks.BUFFERS = '@group(0) @binding(3) var<storage, read_write> velocity: array<f32>;';
    hooks.STEP = [
      'let v = params.momentum * velocity[i] + (1.0 - params.dampening) * g;',
      'velocity[i] = v;',
      `let taken = ${attrs.nesterov ? 'g + params.momentum * v' : 'v'};`,
    ].join('\n');
  }
  const key = `sgd|${attrs.momentum ? (attrs.nesterov ? 'nesterov' : 'momentum') : 'plain'}`;
  const buffers = [gradient.buffer, parameter.buffer, ...(attrs.momentum ? [buffer.buffer] : [])];
  const parameters: Word[] = [size, gradient.offset, ...scalars, { float: attrs.maximize ? -1 : 1 }];
  const source = () => assemble(sgdTemplate, hooks);
  machine.run({ key, source, access: attrs.momentum ? 'rww' : 'rw', parameters, buffers }, size);
}

/** Whether a gradient lies dense in C order, as updates read it. */
function sameOrder(gradient: View, parameter: View): boolean {
  return gradient.shape.every((length, dim) => length === 1 || gradient.strides[dim] === parameter.strides[dim]);
}
