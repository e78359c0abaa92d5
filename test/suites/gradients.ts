// The gradient of every differentiable operation of the table. On the CPU device: central differences in float64, of the
// function and of its gradient. On WebGPU: the gradients of the GPU against those of the CPU device.
import { autograd, type Tensor } from '../../src/index.ts';
import { rows } from '../ops/index.ts';
import { type Call, real, type Row, tensorFor } from '../ops/table.ts';
import { close, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const asList = (result: Tensor | readonly Tensor[]): readonly Tensor[] => [result].flat() as Tensor[];

/** Differences cost two runs an element; those of second derivatives two more for each element of a result. */
const mostElements = 24;
const mostInSecond = 20;
/** Every call compiles programs of its own on the GPU. */
const mostOnGpu = 2;

function sizeOf(call: Call): number {
  return call.inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

function differentiable(call: Call): boolean {
  return call.inputs.some(({ dtype }) => dtype === 'float32') && sizeOf(call) > 0;
}

function leavesOf(call: Call, device: 'cpu' | 'webgpu', float: 'float32' | 'float64'): Tensor[] {
  return call.inputs.map((input, at) => tensorFor(input, at, device, float).requiresGrad_(input.dtype === 'float32'));
}

/** Gradients of the float results by the float inputs, each result weighted by numbers of its own. */
function gradientsOf(call: Call, device: 'cpu' | 'webgpu'): readonly (Tensor | null)[] {
  const leaves = leavesOf(call, device, 'float32');
  const results = asList(call.run(...leaves)).filter((one) => one.requiresGrad);
  if (results.length === 0) return [];
  const seeds = results.map((one, at) => tensorFor(real(one.shape, 0.5, 1.5), 100 + at, device));
  return autograd.grad(
    results,
    leaves.filter((leaf) => leaf.requiresGrad),
    seeds,
    { allowUnused: true },
  );
}

async function compareGradients(row: Row, call: Call, label: string): Promise<void> {
  const found = gradientsOf(call, 'webgpu');
  const wanted = gradientsOf(call, 'cpu');
  same(
    found.map((one) => one?.shape),
    wanted.map((one) => one?.shape),
    `${label}: shapes`,
  );
  const numbers = await Promise.all([...found, ...wanted].map((one) => one?.numpy()));
  const tolerance = { absolute: 3 * (row.absolute ?? 5e-6), relative: 3 * (row.relative ?? 2e-5) };
  found.forEach((one, at) => {
    if (one !== null) close(numbers[at], numbers[at + found.length], tolerance, `${label}: gradient ${at}`);
  });
}

export const suite = defineSuite('gradients', (test) => {
  for (const [place, row] of rows.entries()) {
    const calls = row.calls.filter(differentiable);
    if (row.gradient === 'none' || calls.length === 0) continue;
    const repeated = rows.findIndex(({ name }) => name === row.name) !== place;
    test(`${row.name}${repeated ? ` (${place})` : ''}`, async ({ device }) => {
      if (device === 'webgpu') {
        await Promise.all(
          calls.slice(0, mostOnGpu).map((call, at) => compareGradients(row, call, `${row.name}, call ${at}`)),
        );
        return;
      }
      for (const call of calls.filter((one) => sizeOf(one) <= mostElements)) {
        const leaves = leavesOf(call, 'cpu', 'float64');
        const results = asList(call.run(...leaves)).filter((one) => one.requiresGrad);
        if (results.length === 0) continue;
        await autograd.gradcheck(call.run, leaves);
        const elements = results.reduce((sum, one) => sum + one.numel(), sizeOf(call));
        if (row.gradient === 'all' && elements <= mostInSecond) await autograd.gradgradcheck(call.run, leaves);
      }
    });
  }
});
