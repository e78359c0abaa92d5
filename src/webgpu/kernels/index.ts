// The kernels of the GPU device. One of fused nodes runs by the template of its kind; a node alone runs by the entry
// under its name in op.ts, and one without an entry does not compile.

import { NotImplementedError } from '../../errors.ts';
import type { Node } from '../../core/graph.ts';
import type { KernelAttrs, KernelName } from '../../core/op.ts';
import { isKernel } from '../domain.ts';
import type { Recorder } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import type { KernelCall } from './call.ts';
import { runContraction } from './contract.ts';
import { copyView, denseCopy, inputOf, runCat, viewOf } from './copy.ts';
import { productOf } from './epilogue.ts';
import { runDecompose, runSolveTriangular } from './decompose.ts';
import { runForeachReduce } from './foreach-reduce.ts';
import { runForeach } from './foreach.ts';
import { runGather, runScatter } from './gather.ts';
import { runMap } from './map.ts';
import { runMatmul, runProduct } from './matmul.ts';
import { runPhilox } from './philox.ts';
import { runReduce } from './reduce.ts';
import { runRows } from './rows.ts';
import { runScan, runScanExtreme, scansInPlace } from './scan.ts';
import { runSearch } from './search.ts';
import { runArgsort } from './sort.ts';

type Runner<K extends KernelName> = (attrs: KernelAttrs[K], call: KernelCall) => void;

/** Writes down the commands of a kernel. */
export function runKernel(recorder: Recorder, kernel: Kernel, donors: ReadonlyMap<Node, Node>): void {
  if (kernel.kind === 'map') runMap(recorder, kernel);
  else if (kernel.kind === 'rows') runRows(recorder, kernel);
  else if (kernel.kind === 'product') runProductOf(recorder, kernel);
  else {
    const [node] = kernel.nodes;
    const results = node.outputs ?? [node];
    const outputs = results.map((result) => recorder.view(result));
    const donated = new Set(results.flatMap((result, index) => (donors.has(result) ? [index] : [])));
    if (node.op.kind !== 'kernel') {
      // Of a pointwise op only the empty one is alone: there is nothing to do.
      return;
    }
    const run = kernels[node.op.name] as ((attrs: KernelAttrs[KernelName], call: KernelCall) => void) | undefined;
    if (run === undefined) throw new NotImplementedError({ op: node.op.name, fact: 'the GPU has no such kernel' });
    run(node.op.attrs, { recorder, node, inputs: node.inputs, outputs, donated });
  }
}

function runProductOf(recorder: Recorder, kernel: Kernel): void {
  if (isKernel(productOf(kernel), 'contract')) runContraction(recorder, kernel);
  else runProduct(recorder, kernel);
}

export const kernels: { readonly [K in KernelName]: Runner<K> } = {
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
  philox: (_, call) => runPhilox(call),
  foreach: (attrs, call) => runForeach(attrs, call),
  foreachReduce: (attrs, call) => runForeachReduce(attrs, call),
};
