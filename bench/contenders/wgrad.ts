// The cases in wgrad, on WebGPU and on its CPU device, written as a user writes them; training is in wgrad-training.ts.
import { compile, init, nn, optim, softmax, type Tensor } from '../../src/index.ts';
import { adam, type BenchCase, comparedSteps, type Inputs, learningRate, type Spec } from '../cases.ts';
import type { HostTensor } from '../random.ts';
import { type Contender, contender, type Library, type Program, UnsupportedCase } from './contender.ts';
import { layerNorm, type Place, upload } from './wgrad-parts.ts';
import { trainingProgram } from './wgrad-training.ts';

/** The operation of a case that turns x into the next x, or reads x. */
function operation(spec: Spec, given: Record<string, Tensor>): ((x: Tensor) => Tensor) | null {
  const { b, y, gain, bias } = given;
  switch (spec.kind) {
    case 'matmul':
      if (spec.form === 'NN') return (x) => x.matmul(b);
      return spec.form === 'NT' ? (x) => x.matmul(b.t()) : (x) => b.t().matmul(x);
    case 'relu':
      return (x) => x.mul(2).add(y).relu();
    case 'softmax':
      return (x) => softmax(x, 1);
    case 'layerNorm':
      return (x) => layerNorm(x, gain, bias);
    case 'sum':
      // Sums stand beside each other: each reads the same x.
      if (spec.over === 'all') return () => given.x.sum();
      return spec.over === 'rows' ? () => given.x.sum(1) : () => given.x.sum(0);
    default:
      return null;
  }
}

async function operationProgram(spec: Spec, inputs: Inputs, device: Place): Promise<Program<Tensor>> {
  const given: Record<string, Tensor> = {};
  for (const [name, host] of Object.entries(inputs)) given[name] = await upload(host, device).realize();
  const apply = operation(spec, given);
  if (apply === null) throw new UnsupportedCase(spec.kind);
  return {
    step: (previous) => apply(previous ?? given.x),
    // A result that only the next one reads could be folded into it: a realized one has a buffer of its own.
    hold: (result) => void result.realize(),
    compared: async () => [await apply(given.x).numpy()],
    owned: true,
    dispose: () => Object.values(given).forEach((one) => one.dispose()),
  };
}

/** One update of all parameters; the gradients stay as they are. */
async function optimizerProgram(
  spec: Spec & { kind: 'optimizer' },
  inputs: Inputs,
  device: Place,
  compiled: boolean,
): Promise<Program<Tensor>> {
  const rows = (host: HostTensor): HostTensor[] =>
    Array.from({ length: spec.tensors }, (_, at) => ({
      shape: [spec.each],
      values: host.values.subarray(at * spec.each, (at + 1) * spec.each),
    }));
  const make = (): { parameters: Tensor[]; step: () => void } => {
    const gradients = rows(inputs.gradients).map((host) => upload(host, device));
    const parameters = rows(inputs.parameters).map((host, at) => {
      const parameter = new nn.Parameter(upload(host, device));
      parameter.grad = gradients[at];
      return parameter;
    });
    const lr = learningRate.optimizer;
    const trainer =
      spec.rule === 'sgd'
        ? new optim.SGD(parameters, { lr })
        : new optim.Adam(parameters, { lr, betas: adam.betas, eps: adam.eps });
    const step = (): void => void trainer.step();
    return { parameters, step: compiled ? compile(step) : step };
  };
  const { parameters, step } = make();
  for (const parameter of parameters) await parameter.realize();
  return {
    step() {
      step();
      return parameters[0];
    },
    // A step of an optimizer computes all it moves.
    hold: () => undefined,
    async compared() {
      const fresh = make();
      for (let at = 0; at < comparedSteps; at++) fresh.step();
      return Promise.all(fresh.parameters.map((parameter) => parameter.numpy()));
    },
    owned: false,
    dispose: () => parameters.forEach((one) => one.dispose()),
  };
}

function library(device: Place, compiled: boolean): Library<Tensor> {
  return {
    async open() {
      // Which device is the default does not matter: every tensor here names its own.
      return (await init({ device })).description;
    },
    enter: async () => undefined,
    async prepare({ spec }: BenchCase, inputs) {
      if (spec.kind === 'optimizer') return optimizerProgram(spec, inputs, device, compiled);
      if (spec.kind === 'linear' || spec.kind === 'mlp' || spec.kind === 'cnn' || spec.kind === 'block')
        return trainingProgram(spec, inputs, device, compiled);
      if (compiled) throw new UnsupportedCase('one operation: the same as without compile');
      return operationProgram(spec, inputs, device);
    },
    first: (result) => (result.numel() === 1 ? result : result.reshape(-1).index(0)).item(),
    release: (results) => results.forEach((result) => result.dispose()),
  };
}

export function wgradContender(id: 'wgrad' | 'compiled' | 'cpu'): Contender {
  return contender(id, library(id === 'cpu' ? 'cpu' : 'webgpu', id === 'compiled'));
}
