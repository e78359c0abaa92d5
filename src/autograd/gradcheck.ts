// Gradients against central differences, in float64 on the CPU device.

import { grad, tensorsParam } from './autograd.ts';
import { tensor } from '../create/create.ts';
import { AutogradError, DTypeError } from '../errors.ts';
import { asUser } from '../core/mode.ts';
import { numpy } from '../read.ts';
import { define, optional, p } from '../core/signature.ts';
import { mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/reduce.ts';
import { reshape } from '../ops/view.ts';
import type { Tensor } from '../core/tensor.ts';

/** Options of `gradcheck`; a disagreement throws, or returns false where `raiseException` is false. */
export interface GradcheckOptions {
  /** Half the width of the difference. */
  readonly eps?: number;
  readonly atol?: number;
  readonly rtol?: number;
  readonly raiseException?: boolean;
}

type Checked = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

const signature = [
  p.custom<Checked>()('fn', 'a function', (value) => typeof value === 'function'),
  tensorsParam('inputs'),
  optional(p.number('eps'), 1e-6),
  optional(p.number('atol'), 1e-5),
  optional(p.number('rtol'), 1e-3),
  optional(p.bool('raiseException'), true),
] as const;

function outputsOf(fn: Checked, inputs: readonly Tensor[]): Tensor[] {
  return ([fn(...inputs)].flat() as Tensor[]).filter((output) => output.dtype === 'float64');
}

/** The same values as a fresh float64 leaf, with entry `at` moved by `by`. */
async function moved(x: Tensor, at: number, by: number): Promise<Tensor> {
  const values = Float64Array.from(await numpy(x));
  values[at] += by;
  return reshape(tensor(values, { dtype: 'float64', device: 'cpu' }), [...x.shape]);
}

/**
 * Whether the gradients of `fn` agree with central differences at `inputs`, which must be float64 tensors on the CPU.
 * https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.html
 */
export const gradcheck = define('gradcheck', signature, (fn, inputs, eps, atol, rtol, raiseException) =>
  asUser(() => checkGradients(fn, inputs, { eps, atol, rtol, raiseException })),
);

async function checkGradients(
  fn: Checked,
  inputs: Tensor | readonly Tensor[],
  options: Required<GradcheckOptions>,
): Promise<boolean> {
  const { eps, atol, rtol, raiseException } = options;
  const list = [inputs].flat() as Tensor[];
  const checked = list.filter((input) => input.requiresGrad);
  if (checked.length === 0)
    throw new AutogradError({ op: 'gradcheck', fact: 'no input requires grad', rule: 'at least one must' });
  for (const input of checked) {
    if (input.dtype === 'float64') continue;
    throw new DTypeError({
      op: 'gradcheck',
      fact: `an input of dtype ${input.dtype}`,
      rule: 'differences need float64',
      cure: "Use tensor(values, { dtype: 'float64', device: 'cpu', requiresGrad: true }).",
    });
  }
  const outputs = outputsOf(fn, list);
  for (let which = 0; which < outputs.length; which++) {
    const output = outputs[which];
    const weights = Float64Array.from({ length: output.numel() }, (_, at) => Math.sin(at * 1.7 + which + 1) + 1.5);
    const direction = reshape(tensor(weights, { dtype: 'float64', device: 'cpu' }), [...output.shape]);
    const found = output.requiresGrad
      ? grad(output, checked, direction, { retainGraph: true, allowUnused: true })
      : checked.map(() => null);
    const project = async (one: Tensor[]): Promise<number> => {
      const values = await numpy(sum(mul(outputsOf(fn, one)[which].detach(), direction)));
      return values[0];
    };
    for (let index = 0; index < checked.length; index++) {
      const analytic =
        found[index] === null ? new Float64Array(checked[index].numel()) : await numpy(found[index] as Tensor);
      for (let at = 0; at < checked[index].numel(); at++) {
        const shifted = async (by: number) => {
          const replacement = await moved(checked[index], at, by);
          return project(list.map((input) => (input === checked[index] ? replacement : input)));
        };
        const numeric = ((await shifted(eps)) - (await shifted(-eps))) / (2 * eps);
        if (Math.abs(numeric - analytic[at]) <= atol + rtol * Math.abs(numeric)) continue;
        if (!raiseException) return false;
        throw new AutogradError({
          op: 'gradcheck',
          fact: `output ${which}, input ${index}, element ${at}: gradient ${analytic[at]}, difference ${numeric}`,
          rule: `they must agree within ${atol} + ${rtol} * |difference|`,
        });
      }
    }
  }
  return true;
}

/** Whether second derivatives agree with central differences of the first. https://pytorch.org/docs/stable/generated/torch.autograd.gradgradcheck.html */
export const gradgradcheck = define('gradgradcheck', signature, (fn, inputs, eps, atol, rtol, raiseException) =>
  asUser(() => checkSecondGradients(fn, inputs, { eps, atol, rtol, raiseException })),
);

async function checkSecondGradients(
  fn: Checked,
  inputs: Tensor | readonly Tensor[],
  options: Required<GradcheckOptions>,
): Promise<boolean> {
  const list = [inputs].flat() as Tensor[];
  const probe = outputsOf(fn, list);
  const directions = await Promise.all(
    probe.map(async (output, which) => {
      const weights = Float64Array.from({ length: output.numel() }, (_, at) => Math.cos(at * 1.3 + which) + 1.2);
      return reshape(tensor(weights, { dtype: 'float64', device: 'cpu' }), [...output.shape])
        .detach()
        .requiresGrad_();
    }),
  );
  const count = list.length;
  const gradients: Checked = (...all) => {
    const inputsNow = all
      .slice(0, count)
      .map((input, index) =>
        list[index].requiresGrad && !input.requiresGrad ? input.detach().requiresGrad_() : input,
      );
    const outputs = outputsOf(fn, inputsNow);
    const wanted = inputsNow.filter((_, index) => list[index].requiresGrad);
    const found = grad(outputs, wanted, all.slice(count), { createGraph: true, allowUnused: true });
    return found.filter((one) => one !== null);
  };
  return checkGradients(gradients, [...list, ...directions], options);
}
