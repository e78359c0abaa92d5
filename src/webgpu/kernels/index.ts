// The kernels of the GPU device. A group of fused nodes runs by the template of its kind; a node alone runs by the entry
// under its name in op.ts, and one without an entry does not compile.

import gatherTemplate from '../../../shaders/gather.wgsl?raw';
import philoxTemplate from '../../../shaders/philox.wgsl?raw';
import placeTemplate from '../../../shaders/scatter-place.wgsl?raw';
import scatterTemplate from '../../../shaders/scatter.wgsl?raw';
import { NotImplementedError } from '../../errors.ts';
import type { Node } from '../../core/graph.ts';
import type { KernelAttrs, KernelName } from '../../core/op.ts';
import { contiguousStrides, numelOf, sameShape } from '../../shape.ts';
import { isKernel } from '../domain.ts';
import { begin, type Recorder, sizeOf, wgslType } from '../record.ts';
import type { Group } from '../schedule.ts';
import { scatterJoin } from '../formulas.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';
import { runContraction } from './contract.ts';
import { type Copy, copyView, copyViews, denseCopy, inputOf, viewOf } from './copy.ts';
import { productOf } from './epilogue.ts';
import { runDecompose, runSolveTriangular } from './decompose.ts';
import { runForeachReduce } from './foreach-reduce.ts';
import { runForeach } from './foreach.ts';
import { runMap } from './map.ts';
import { runMatmul, runProduct } from './matmul.ts';
import { runReduce, runScan, scansInPlace } from './reduce.ts';
import { runRows } from './rows.ts';
import { runScanExtreme } from './scan-extreme.ts';
import { runArgsort, runSearch } from './sort.ts';

type Kernel<K extends KernelName> = (attrs: KernelAttrs[K], call: KernelCall) => void;

/** Writes down the commands of a group. */
export function runGroup(recorder: Recorder, group: Group, donors: ReadonlyMap<Node, Node>): void {
  if (group.kind === 'map') runMap(recorder, group);
  else if (group.kind === 'rows') runRows(recorder, group);
  else if (group.kind === 'product') runProductOf(recorder, group);
  else {
    const [node] = group.nodes;
    const results = node.outputs ?? [node];
    const outputs = results.map((result) => recorder.view(result));
    const donated = new Set(results.flatMap((result, index) => (donors.has(result) ? [index] : [])));
    if (node.op.kind !== 'kernel') {
      // Of a pointwise op only the empty one is alone: there is nothing to do.
      return;
    }
    const kernel = kernels[node.op.name] as ((attrs: KernelAttrs[KernelName], call: KernelCall) => void) | undefined;
    if (kernel === undefined) throw new NotImplementedError({ op: node.op.name, fact: 'the GPU has no such kernel' });
    kernel(node.op.attrs, { recorder, node, inputs: node.inputs, outputs, donated });
  }
}

function runProductOf(recorder: Recorder, group: Group): void {
  if (isKernel(productOf(group), 'contract')) runContraction(recorder, group);
  else runProduct(recorder, group);
}

export const kernels: { readonly [K in KernelName]: Kernel<K> } = {
  fill: (_, { recorder, inputs, outputs }) => copyView(recorder, inputOf(recorder, inputs[0]), outputs[0]),
  reduce: (attrs, { recorder, inputs, outputs }) => runReduce(recorder, attrs, viewOf(recorder, inputs[0]), outputs[0]),
  scan: (attrs, { recorder, inputs, outputs }) => {
    const x = viewOf(recorder, inputs[0]);
    runScan(recorder, attrs, scansInPlace(x, attrs.dim) ? x : denseCopy(recorder, x), outputs[0]);
  },
  scanExtreme: (attrs, { recorder, inputs, outputs }) => {
    const x = viewOf(recorder, inputs[0]);
    runScanExtreme(recorder, attrs, scansInPlace(x, attrs.dim) ? x : denseCopy(recorder, x), outputs[0]);
  },
  argsort: (attrs, { recorder, inputs, outputs }) =>
    runArgsort(recorder, attrs, viewOf(recorder, inputs[0]), outputs[0]),
  search: (attrs, { recorder, inputs, outputs }) =>
    runSearch(recorder, attrs, viewOf(recorder, inputs[0]), viewOf(recorder, inputs[1]), outputs[0]),
  matmul: (_, { recorder, inputs, outputs }) =>
    runMatmul(recorder, viewOf(recorder, inputs[0]), viewOf(recorder, inputs[1]), outputs[0]),
  // Of contractions only the empty one is alone.
  contract: () => undefined,
  gather: (_, call) => runGather(call),
  scatter: (attrs, call) => runScatter(attrs, call),
  // Of checks only the empty one is alone: there is nothing to check.
  checkIndex: () => undefined,
  decompose: (attrs, call) => runDecompose(attrs, call),
  solveTriangular: (attrs, call) => runSolveTriangular(attrs, call),
  write: ({ region }, { recorder, inputs, outputs, donated }) => {
    const [out] = outputs;
    if (!donated.has(0)) copyView(recorder, viewOf(recorder, inputs[0]), { ...out, strides: inputs[0].strides });
    copyView(recorder, inputOf(recorder, inputs[1]), { ...out, ...region, offset: out.offset + region.offset });
  },
  cat: (attrs, call) => runCat(attrs, call),
  philox: (_, { recorder, inputs, outputs }) => {
    const size = sizeOf(outputs[0]);
    const call = { key: 'philox', source: () => assemble(philoxTemplate), access: 'w' };
    const parameters = [size, begin(outputs[0]), ...inputs.map((input) => recorder.number(input, 'i32'))];
    recorder.run({ ...call, parameters, buffers: [outputs[0].place] }, Math.ceil(size / 4));
  },
  foreach: (attrs, call) => runForeach(attrs, call),
  foreachReduce: (attrs, call) => runForeachReduce(attrs, call),
};

function runGather({ recorder, inputs, outputs }: KernelCall): void {
  const [x, index] = inputs.map((input) => viewOf(recorder, input));
  const [out] = outputs;
  const type = wgslType(out.dtype);
  const size = numelOf(index.shape);
  const parameters = [
    size,
    index.shape[1],
    index.shape[2],
    begin(x),
    ...x.strides,
    begin(index),
    ...index.strides,
    begin(out),
  ];
  const source = () => assemble(gatherTemplate, { ELEMENT: `alias Element = ${type};` });
  const buffers = [x.place, index.place, out.place];
  recorder.run({ key: `gather|${type}`, source, access: 'rrw', parameters, buffers }, size);
}

function runScatter({ mode }: KernelAttrs['scatter'], { recorder, inputs, outputs }: KernelCall): void {
  const [out] = outputs;
  const [base, index, source] = inputs.map((input) => viewOf(recorder, input));
  const [outer, length, inner] = base.shape;
  copyView(recorder, base, { ...out, shape: base.shape, strides: [length * inner, inner, 1] });
  const type = wgslType(out.dtype);
  const ELEMENT = `alias Element = ${type};`;
  const places = mode === 'place';
  const join = `out[place] = ${scatterJoin(mode, 'out[place]', 'value', out.dtype)};`;
  const program = () =>
    places ? assemble(placeTemplate, { ELEMENT }) : assemble(scatterTemplate, { ELEMENT, JOIN: join });
  const parameters = [
    outer,
    index.shape[1],
    inner,
    length,
    begin(index),
    ...index.strides,
    begin(source),
    ...source.strides,
    begin(out),
  ];
  const buffers = [index.place, source.place, out.place];
  const key = `scatter|${mode}|${out.dtype}`;
  recorder.run(
    { key, source: program, access: 'rrw', parameters, buffers },
    outer * inner * (places ? index.shape[1] : 1),
  );
}

function runCat({ dim }: KernelAttrs['cat'], { recorder, inputs, outputs, node }: KernelCall): void {
  const [out] = outputs;
  let start = 0;
  let copies: Copy[] = [];
  const flush = (): void => {
    if (copies.length > 0) copyViews(recorder, copies);
    copies = [];
  };
  for (const input of inputs) {
    const from = inputOf(recorder, input);
    if (input.shape.length !== node.shape.length) {
      // A single input of another shape is a plain copy in C order.
      copyView(recorder, from, { ...out, shape: input.shape, strides: contiguousStrides(input.shape) });
      continue;
    }
    // Neighbours of one shape are copied together, as many as a program can bind.
    const full = copies.length + 1 === recorder.adapter.storageBuffers;
    if (full || (copies.length > 0 && !sameShape(copies[0].to.shape, input.shape))) flush();
    copies.push({ from, to: { ...out, shape: input.shape, offset: out.offset + start * out.strides[dim] } });
    start += input.shape[dim];
  }
  flush();
}
