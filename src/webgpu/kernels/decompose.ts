// Factorisations of matrices: a workgroup works on each matrix in the line of memory that will hold its result. One program a
// method; what a line holds is said at `Decomposition` in op.ts.

import choleskyTemplate from '../../../shaders/decompose-cholesky.wgsl?raw';
import eighTemplate from '../../../shaders/decompose-eigh.wgsl?raw';
import ldlTemplate from '../../../shaders/decompose-ldl.wgsl?raw';
import ldlPartsTemplate from '../../../shaders/decompose-ldl-parts.wgsl?raw';
import luTemplate from '../../../shaders/decompose-lu.wgsl?raw';
import permutationTemplate from '../../../shaders/decompose-permutation.wgsl?raw';
import qrTemplate from '../../../shaders/decompose-qr.wgsl?raw';
import svdTemplate from '../../../shaders/decompose-svd.wgsl?raw';
import solveTemplate from '../../../shaders/solve-triangular.wgsl?raw';
import type { KernelAttrs } from '../../core/op.ts';
import { begin } from '../record.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';
import { viewOf } from './copy.ts';

const templates: Readonly<Record<KernelAttrs['decompose']['method'], string>> = {
  lu: luTemplate,
  cholesky: choleskyTemplate,
  qr: qrTemplate,
  eigh: eighTemplate,
  svd: svdTemplate,
  ldl: ldlTemplate,
  ldlParts: ldlPartsTemplate,
  permutation: permutationTemplate,
};

/**
 * Lanes of a workgroup for matrices of up to `longest` rows and columns. The barriers of software adapters cost by the lane, so
 * that few lanes are faster until the columns are long: in SwiftShader LU of 64 x 64 takes 14 to 19 ms with 8 lanes, 70 with 64.
 */
function lanesFor(longest: number, software: boolean): number {
  if (software) return longest <= 64 ? 8 : 64;
  return longest <= 32 ? 32 : longest <= 64 ? 64 : 256;
}

export function runDecompose({ method, size }: KernelAttrs['decompose'], call: KernelCall): void {
  const { recorder, inputs, outputs } = call;
  const [out] = outputs;
  const x = viewOf(recorder, inputs[0]);
  const [batches, line] = out.shape;
  const parameters = [...x.shape, size, begin(x), ...x.strides, begin(out), line];
  const source = () => assemble(templates[method]);
  const buffers = [x.place, out.place];
  const constants = { lanes: lanesFor(Math.max(...x.shape.slice(1)), recorder.software) };
  recorder.runGroups(
    { key: `decompose|${method}|${constants.lanes}`, source, access: 'rw', parameters, buffers, constants },
    batches,
  );
}

export function runSolveTriangular({ upper, unit }: KernelAttrs['solveTriangular'], call: KernelCall): void {
  const { recorder, inputs, outputs } = call;
  const [a, b] = inputs.map((input) => viewOf(recorder, input));
  const [out] = outputs;
  const [batches, n, columns] = b.shape;
  const parameters = [batches, n, columns, begin(a), ...a.strides, begin(b), ...b.strides, begin(out)];
  const source = () =>
    assemble(solveTemplate, {
      ...(upper ? { ROW: 'let i = n - 1u - step;', RANGE: 'let first = i + 1u;\nlet last = n;' } : {}),
      ...(unit ? { DIVIDE: '' } : {}),
    });
  const buffers = [a.place, b.place, out.place];
  const key = `solve-triangular|${upper}|${unit}`;
  recorder.run({ key, source, access: 'rrw', parameters, buffers }, batches * columns);
}
