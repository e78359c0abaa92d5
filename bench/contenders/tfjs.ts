// The cases in TensorFlow.js, on its WebGPU and its WebAssembly backend: eager kernels, `tidy` around what is temporary,
// fused dense layers as its own Dense has them, and its optimizers.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import {
  adam,
  type BlockSpec,
  type CnnSpec,
  comparedSteps,
  type Inputs,
  layerNormEps,
  learningRate,
  lenet,
  lenetSide,
  type LinearSpec,
  type MlpSpec,
  parameterNames,
  type Spec,
} from '../cases.ts';
import { type HostTensor, oneHot, permuted, reshaped } from '../random.ts';
import { type Contender, contender, type Library, type Program, UnsupportedCase } from './contender.ts';

type Tensor = tf.Tensor;
type Variables = Readonly<Record<string, tf.Variable>>;

const upload = ({ shape, values }: HostTensor): Tensor => tf.tensor(values, [...shape]);
/** Names are the library's own: it wants each variable to have another one. */
const variable = (host: HostTensor): tf.Variable => tf.tidy(() => tf.variable(upload(host)));

function layerNorm(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(layerNormEps).rsqrt()).mul(gain).add(bias);
}

function operation(spec: Spec): (x: Tensor, ...rest: Tensor[]) => Tensor {
  switch (spec.kind) {
    case 'matmul':
      if (spec.form === 'TN') return (x, a) => tf.matMul(a, x, true, false);
      return (x, b) => tf.matMul(x, b, false, spec.form === 'NT');
    case 'relu':
      return (x, y) => x.mul(2).add(y).relu();
    case 'softmax':
      return (x) => tf.softmax(x);
    case 'layerNorm':
      return layerNorm;
    case 'sum':
      if (spec.over === 'all') return (x) => x.sum();
      return spec.over === 'rows' ? (x) => x.sum(1) : (x) => x.sum(0);
    default:
      throw new Error(spec.kind);
  }
}

function operationProgram(spec: Spec, inputs: Inputs): Program<Tensor> {
  const [x, ...rest] = Object.values(inputs).map(upload);
  const apply = operation(spec);
  const step = (from: Tensor): Tensor => tf.tidy(() => apply(from, ...rest));
  return {
    step: (previous) => step(spec.kind === 'sum' ? x : (previous ?? x)),
    hold: () => undefined,
    async compared() {
      const result = step(x);
      const values = await result.data();
      result.dispose();
      return [values];
    },
    owned: true,
    dispose: () => tf.dispose([x, ...rest]),
  };
}

function optimizerProgram(spec: Spec & { kind: 'optimizer' }, inputs: Inputs): Program<Tensor> {
  const rows = (host: HostTensor): HostTensor[] =>
    Array.from({ length: spec.tensors }, (_, at) => ({
      shape: [spec.each],
      values: host.values.slice(at * spec.each, (at + 1) * spec.each),
    }));
  const lr = learningRate.optimizer;
  const gradients = rows(inputs.gradients).map(upload);
  const make = (): { variables: tf.Variable[]; trainer: tf.Optimizer; step: () => void } => {
    const variables = rows(inputs.parameters).map(variable);
    const trainer = spec.rule === 'sgd' ? tf.train.sgd(lr) : tf.train.adam(lr, ...adam.betas, adam.eps);
    const named = variables.map(({ name }, at) => ({ name, tensor: gradients[at] }));
    return { variables, trainer, step: () => trainer.applyGradients(named) };
  };
  const { variables, trainer, step } = make();
  return {
    step() {
      step();
      return variables[0];
    },
    hold: () => undefined,
    async compared() {
      const fresh = make();
      for (let at = 0; at < comparedSteps; at++) fresh.step();
      const values = await Promise.all(fresh.variables.map((one) => one.data()));
      tf.dispose(fresh.variables);
      fresh.trainer.dispose();
      return values;
    },
    owned: false,
    dispose() {
      tf.dispose([...variables, ...gradients]);
      trainer.dispose();
    },
  };
}

function dense(x: Tensor, weight: Tensor, bias?: Tensor, activation: 'linear' | 'relu' = 'linear'): Tensor {
  return tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, bias, activation });
}

/** gelu by tanh, as in PyTorch's `approximate: 'tanh'`; TensorFlow.js's core has none. */
function gelu(x: Tensor): Tensor {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return inner.tanh().add(1).mul(x).mul(0.5);
}

/** The block of cases.ts. Rows are (B T, D) between the layers, heads (B, H, T, D / H). */
function blockForward({ batch, length, width, heads }: BlockSpec, p: Variables, x: Tensor): Tensor {
  const split = (h: Tensor): Tensor => h.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]);
  const flat = x.reshape([batch * length, width]);
  const h = layerNorm(flat, p.gain1, p.shift1);
  const [query, key, value] = [dense(h, p.wq, p.bq), dense(h, p.wk), dense(h, p.wv, p.bv)].map(split);
  const scores = tf.matMul(query, key, false, true).mul(1 / Math.sqrt(width / heads));
  const mixed = tf.matMul(tf.softmax(scores), value).transpose([0, 2, 1, 3]);
  const attended = flat.add(dense(mixed.reshape([batch * length, width]), p.wo, p.bo));
  const hidden = gelu(dense(layerNorm(attended, p.gain2, p.shift2), p.w1, p.b1));
  return attended.add(dense(hidden, p.w2, p.b2)).reshape([batch, length, width]);
}

/** The network of cases.ts over images (B, H, W, C), which is what the library has kernels for. */
function cnnForward(p: Variables, x: Tensor): Tensor {
  const convolved = (h: Tensor, filter: Tensor, bias: Tensor, pad: number): Tensor =>
    tf
      .conv2d(h as tf.Tensor4D, filter as tf.Tensor4D, 1, pad)
      .add(bias)
      .sigmoid();
  const near = tf.avgPool(convolved(x, p.k1, p.c1, lenet.padding) as tf.Tensor4D, 2, 2, 'valid');
  const far = tf.avgPool(convolved(near, p.k2, p.c2, 0) as tf.Tensor4D, 2, 2, 'valid');
  const first = dense(far.reshape([far.shape[0], -1]), p.w1, p.b1).sigmoid();
  return dense(dense(first, p.w2, p.b2).sigmoid(), p.w3, p.b3);
}

/** How a parameter of cases.ts lies here: kernels (5, 5, inputs, outputs), features over rows, columns, channels. */
function laidOut(spec: TrainingSpec, name: string, host: HostTensor): HostTensor {
  if (spec.kind !== 'cnn') return host;
  if (name.startsWith('k')) return permuted(host, [2, 3, 1, 0]);
  if (name !== 'w1') return host;
  const side = lenetSide(spec.side);
  const [features, units] = host.shape;
  const apart = reshaped(host, [lenet.channels[1], side, side, units]);
  return reshaped(permuted(apart, [1, 2, 0, 3]), [features, units]);
}

/** The values of a parameter as cases.ts has them. */
async function valuesOf(spec: TrainingSpec, name: string, one: Tensor): Promise<ArrayLike<number>> {
  const host: HostTensor = { shape: one.shape, values: (await one.data()) as Float32Array };
  if (spec.kind !== 'cnn' || (name !== 'w1' && !name.startsWith('k'))) return host.values;
  if (name !== 'w1') return permuted(host, [3, 2, 0, 1]).values;
  const side = lenetSide(spec.side);
  return permuted(reshaped(host, [side, side, lenet.channels[1], host.shape[1]]), [2, 0, 1, 3]).values;
}

type TrainingSpec = LinearSpec | MlpSpec | CnnSpec | BlockSpec;

/** Images (B, 1, H, W) lie as (B, H, W, 1); labels become rows of one 1. */
function batchOf(spec: TrainingSpec, { x, y }: Inputs): [Tensor, Tensor] {
  if (spec.kind === 'mlp') return [upload(x), upload(oneHot(y, spec.sizes[2]))];
  if (spec.kind !== 'cnn') return [upload(x), upload(y)];
  const { batch, side } = spec;
  return [upload(reshaped(x, [batch, side, side, 1])), upload(oneHot(y, lenet.units[2]))];
}

function lossOf(spec: TrainingSpec, p: Variables, x: Tensor, y: Tensor): tf.Scalar {
  if (spec.kind === 'linear') return tf.losses.meanSquaredError(y, dense(x, p.weight, p.bias));
  if (spec.kind === 'block') return tf.losses.meanSquaredError(y, blockForward(spec, p, x));
  const logits = spec.kind === 'cnn' ? cnnForward(p, x) : dense(dense(x, p.w1, p.b1, 'relu'), p.w2, p.b2);
  return tf.losses.softmaxCrossEntropy(y, logits);
}

function trainingProgram(spec: TrainingSpec, inputs: Inputs): Program<Tensor> {
  const names = parameterNames(inputs);
  const [x, y] = batchOf(spec, inputs);
  const make = (): { variables: Variables; step: () => Tensor } => {
    const variables = Object.fromEntries(names.map((name) => [name, variable(laidOut(spec, name, inputs[name]))]));
    const trainer = tf.train.sgd(learningRate[spec.kind]);
    const list = Object.values(variables);
    return { variables, step: () => trainer.minimize(() => lossOf(spec, variables, x, y), true, list)! };
  };
  const { variables, step } = make();
  return {
    step,
    hold: () => undefined,
    async compared() {
      const fresh = make();
      for (let at = 1; at < comparedSteps; at++) fresh.step().dispose();
      const loss = fresh.step();
      const values = await Promise.all([
        loss.data(),
        ...names.map((name) => valuesOf(spec, name, fresh.variables[name])),
      ]);
      tf.dispose([loss, fresh.variables]);
      return values;
    },
    owned: true,
    dispose: () => tf.dispose([variables, x, y]),
  };
}

function library(backend: 'webgpu' | 'wasm'): Library<Tensor> {
  const enter = async (): Promise<void> => {
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js opened no ${backend} backend`);
  };
  return {
    async open() {
      if (backend === 'wasm') {
        const paths = {
          'tfjs-backend-wasm.wasm': plainWasm,
          'tfjs-backend-wasm-simd.wasm': simdWasm,
          'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
        };
        // By fetch also in Node, where the bundle holds the modules as data: addresses.
        setWasmPaths(paths, true);
      }
      await enter();
      await tf.ready();
      const opened = tf.backend();
      if (!(opened instanceof WebGPUBackend)) {
        const threads = tf.env().getBool('WASM_HAS_MULTITHREAD_SUPPORT');
        return `WebAssembly${tf.env().getBool('WASM_HAS_SIMD_SUPPORT') ? ', SIMD' : ''}${threads ? ', threads' : ''}`;
      }
      const { vendor, architecture, device, description } = opened.device.adapterInfo;
      return [vendor, architecture, device, description].filter((word) => word !== '').join(' ');
    },
    enter,
    async prepare({ spec }, inputs) {
      if (spec.kind === 'cnn' && backend === 'wasm')
        throw new UnsupportedCase('its WebAssembly backend has no gradient of a convolution by its filter');
      if (spec.kind === 'optimizer') return optimizerProgram(spec, inputs);
      if (spec.kind === 'linear' || spec.kind === 'mlp' || spec.kind === 'cnn' || spec.kind === 'block')
        return trainingProgram(spec, inputs);
      return operationProgram(spec, inputs);
    },
    async first(result) {
      if (result.size === 1) return (await result.data())[0];
      const one = tf.tidy(() => result.flatten().slice([0], [1]));
      const [value] = await one.data();
      one.dispose();
      return value;
    },
    release: (results) => tf.dispose([...results]),
  };
}

export const tfjsContender = (id: 'tfjs' | 'tfjs-wasm'): Contender =>
  contender(id, library(id === 'tfjs' ? 'webgpu' : 'wasm'));
