// The cases in jax-js, by its README's rules: everything under jit, gradients by valueAndGrad, `.ref` where a value is used
// again; state is handed over at each step, so that its buffers go back to the library's pool.
import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import {
  adam,
  type BlockSpec,
  type CnnSpec,
  comparedSteps,
  type Inputs,
  layerNormEps,
  learningRate,
  lenet,
  type LinearSpec,
  type MlpSpec,
  parameterNames,
  type Spec,
} from '../cases.ts';
import { type HostTensor, oneHot } from '../random.ts';
import { type Contender, contender, type Library, type Program } from './contender.ts';

type Tensor = np.Array;
type Parameters = Record<string, Tensor>;

const upload = ({ shape, values }: HostTensor): Tensor => np.array(values, { shape: [...shape] });

/**
 * jax-js starts its work when it is asked for. Started every 8 results, a chain of small steps runs about twice as fast as
 * started at its end, or at each step; and what was not started would not be computed.
 */
const startEvery = 8;
let waiting: Tensor[] = [];

function hold(result: Tensor, at: number): void {
  waiting.push(result);
  if (at % startEvery !== startEvery - 1) return;
  // Uses up a reference, and starts the kernels without waiting for them.
  for (const one of waiting) one.ref.gpuBufferSync();
  waiting = [];
}

async function first(result: Tensor): Promise<number> {
  if (waiting.length > 1) await Promise.all(waiting.map((one) => one.ref.gpuBuffer()));
  waiting = [];
  const [value] = await (result.size === 1 ? result.ref : result.ref.ravel().slice([0, 1])).data();
  return Number(value);
}

/** (x - mean) / sqrt(variance + eps) * gain + bias along the last dimension. */
const layerNorm = (x: Tensor, gain: Tensor, bias: Tensor): Tensor =>
  nn.standardize(x, -1, { epsilon: layerNormEps }).mul(gain).add(bias);

function operation(spec: Spec): (x: Tensor, ...rest: Tensor[]) => Tensor {
  switch (spec.kind) {
    case 'matmul':
      if (spec.form === 'NN') return np.matmul;
      return spec.form === 'NT' ? (x, b) => np.matmul(x, b.transpose()) : (x, a) => np.matmul(a.transpose(), x);
    case 'relu':
      return (x, y) => nn.relu(x.mul(2).add(y));
    case 'softmax':
      return (x) => nn.softmax(x, -1);
    case 'layerNorm':
      return layerNorm;
    case 'sum':
      if (spec.over === 'all') return (x) => np.sum(x);
      return spec.over === 'rows' ? (x) => np.sum(x, 1) : (x) => np.sum(x, 0);
    default:
      throw new Error(spec.kind);
  }
}

async function operationProgram(spec: Spec, inputs: Inputs): Promise<Program<Tensor>> {
  const [x, ...rest] = Object.values(inputs).map(upload);
  await blockUntilReady([x, ...rest]);
  const apply = jit(operation(spec));
  const step = (from: Tensor): Tensor => apply(from.ref, ...rest.map((one) => one.ref));
  const beside = spec.kind === 'sum';
  return {
    step: (previous) => step(beside ? x : (previous ?? x)),
    hold,
    compared: async () => [(await step(x).data()) as ArrayLike<number>],
    owned: true,
    dispose() {
      tree.dispose([x, ...rest]);
      apply.dispose();
    },
  };
}

// An alias: jax-js's trees of tensors take no interfaces.
type Updated = { parameters: Tensor[]; moments: Tensor[]; squares: Tensor[] };

/** PyTorch's formulas: p - lr g, and Adam with corrected moments; `count` is the number of this step, as a tensor. */
function optimizerStep(rule: 'sgd' | 'adam'): (state: Updated, gradients: Tensor[], count: Tensor) => Updated {
  const lr = learningRate.optimizer;
  if (rule === 'sgd') {
    return ({ parameters, moments, squares }, gradients, count) => {
      count.dispose();
      return { parameters: parameters.map((one, at) => one.sub(gradients[at].mul(lr))), moments, squares };
    };
  }
  const [beta1, beta2] = adam.betas;
  return ({ parameters, moments, squares }, gradients, count) => {
    const rate = np.subtract(1, np.power(beta1, count.ref));
    const root = np.sqrt(np.subtract(1, np.power(beta2, count)));
    const moved: Updated = { parameters: [], moments: [], squares: [] };
    gradients.forEach((gradient, at) => {
      const moment = moments[at].mul(beta1).add(gradient.ref.mul(1 - beta1));
      const square = squares[at].mul(beta2).add(np.square(gradient).mul(1 - beta2));
      const denominator = np.sqrt(square.ref).div(root.ref).add(adam.eps);
      const step = moment.ref.div(rate.ref).div(denominator).mul(lr);
      moved.parameters.push(parameters[at].sub(step));
      moved.moments.push(moment);
      moved.squares.push(square);
    });
    tree.dispose([rate, root]);
    return moved;
  };
}

async function optimizerProgram(spec: Spec & { kind: 'optimizer' }, inputs: Inputs): Promise<Program<Tensor>> {
  const rows = (host: HostTensor): Tensor[] =>
    Array.from({ length: spec.tensors }, (_, at) =>
      np.array(host.values.slice(at * spec.each, (at + 1) * spec.each), { shape: [spec.each] }),
    );
  const none = (): Tensor[] =>
    spec.rule === 'sgd' ? [] : Array.from({ length: spec.tensors }, () => np.zeros([spec.each]));
  const fresh = (): Updated => ({ parameters: rows(inputs.parameters), moments: none(), squares: none() });
  const gradients = rows(inputs.gradients);
  const update = jit(optimizerStep(spec.rule));
  const step = (state: Updated, count: number): Updated =>
    update(state, tree.ref(gradients), np.array(Float32Array.of(count), { shape: [] }));
  let state = fresh();
  let count = 0;
  await blockUntilReady([state, gradients]);
  return {
    step() {
      state = step(state, ++count);
      return state.parameters[0];
    },
    // All that was returned belongs to one program, which starts as a whole.
    hold: (result, at) => void (at % startEvery === startEvery - 1 && result.ref.gpuBufferSync()),
    async compared() {
      let other = fresh();
      for (let at = 1; at <= comparedSteps; at++) other = step(other, at);
      const values = await Promise.all(other.parameters.map((one) => one.data()));
      tree.dispose([other.moments, other.squares]);
      return values as ArrayLike<number>[];
    },
    owned: false,
    dispose() {
      tree.dispose([state, gradients]);
      update.dispose();
    },
  };
}

const dense = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => np.matmul(x, weight).add(bias);

function linearLoss(p: Parameters, x: Tensor, y: Tensor): Tensor {
  return np.mean(np.square(dense(x, p.weight, p.bias).sub(y)));
}

function mlpLoss(p: Parameters, x: Tensor, y: Tensor): Tensor {
  const batch = x.shape[0];
  const logits = dense(nn.relu(dense(x, p.w1, p.b1)), p.w2, p.b2);
  return np.sum(nn.logSoftmax(logits, -1).mul(y)).mul(-1 / batch);
}

/** The network of cases.ts; images (B, C, H, W) as in PyTorch. */
function cnnLoss(p: Parameters, x: Tensor, y: Tensor): Tensor {
  const batch = x.shape[0];
  const convolved = (h: Tensor, kernel: Tensor, bias: Tensor, padding: number): Tensor => {
    const around: [number, number] = [padding, padding];
    const sums = lax.convGeneralDilated(h, kernel, [1, 1], [around, around]);
    return nn.sigmoid(sums.add(bias.reshape([-1, 1, 1])));
  };
  const pooled = (h: Tensor): Tensor => {
    const [count, channels, rows, columns] = h.shape;
    return np.mean(h.reshape([count, channels, rows / 2, 2, columns / 2, 2]), [3, 5]);
  };
  const near = pooled(convolved(x, p.k1, p.c1, lenet.padding));
  const far = pooled(convolved(near, p.k2, p.c2, 0));
  const first = nn.sigmoid(dense(far.reshape([batch, -1]), p.w1, p.b1));
  const second = nn.sigmoid(dense(first, p.w2, p.b2));
  return np.sum(nn.logSoftmax(dense(second, p.w3, p.b3), -1).mul(y)).mul(-1 / batch);
}

/** The block of cases.ts, with the library's own attention. Shapes (B, T, D) and (B, T, H, D / H). */
function blockLoss({ batch, length, width, heads }: BlockSpec): (p: Parameters, x: Tensor, y: Tensor) => Tensor {
  const split = (h: Tensor): Tensor => h.reshape([batch, length, heads, width / heads]);
  return (p, x, y) => {
    const h = layerNorm(x.ref, p.gain1, p.shift1);
    const query = split(dense(h.ref, p.wq, p.bq));
    const key = split(np.matmul(h.ref, p.wk));
    const value = split(dense(h, p.wv, p.bv));
    const mixed = nn.dotProductAttention(query, key, value).reshape([batch, length, width]);
    const attended = x.add(dense(mixed, p.wo, p.bo));
    const normed = layerNorm(attended.ref, p.gain2, p.shift2);
    const hidden = nn.gelu(dense(normed, p.w1, p.b1), { approximate: true });
    return np.mean(np.square(attended.add(dense(hidden, p.w2, p.b2)).sub(y)));
  };
}

/** Classes of a case with labels. */
const classesOf = (spec: MlpSpec | CnnSpec): number => (spec.kind === 'mlp' ? spec.sizes[2] : lenet.units[2]);

type TrainingSpec = LinearSpec | MlpSpec | CnnSpec | BlockSpec;

function lossOf(spec: TrainingSpec): (p: Parameters, x: Tensor, y: Tensor) => Tensor {
  if (spec.kind === 'block') return blockLoss(spec);
  return { linear: linearLoss, mlp: mlpLoss, cnn: cnnLoss }[spec.kind];
}

async function trainingProgram(spec: TrainingSpec, inputs: Inputs): Promise<Program<Tensor>> {
  const loss = lossOf(spec);
  const lr = learningRate[spec.kind];
  const names = parameterNames(inputs);
  const fresh = (): Parameters => Object.fromEntries(names.map((name) => [name, upload(inputs[name])]));
  const x = upload(inputs.x);
  const y = upload(spec.kind === 'mlp' || spec.kind === 'cnn' ? oneHot(inputs.y, classesOf(spec)) : inputs.y);
  const lossAndGradients = valueAndGrad(loss);
  const update = jit((p: Parameters, x: Tensor, y: Tensor): [Tensor, Parameters] => {
    const [value, gradients] = lossAndGradients(tree.ref(p), x, y) as [Tensor, Parameters];
    return [value, Object.fromEntries(names.map((name) => [name, p[name].sub(gradients[name].mul(lr))]))];
  });
  let parameters = fresh();
  await blockUntilReady([parameters, x, y]);
  return {
    step() {
      let value: Tensor;
      [value, parameters] = update(parameters, x.ref, y.ref);
      return value;
    },
    hold,
    async compared() {
      let other = fresh();
      let value: Tensor | null = null;
      for (let at = 0; at < comparedSteps; at++) {
        value?.dispose();
        [value, other] = update(other, x.ref, y.ref);
      }
      const all = [value!, ...names.map((name) => other[name])];
      return (await Promise.all(all.map((one) => one.data()))) as ArrayLike<number>[];
    },
    owned: true,
    dispose() {
      tree.dispose([parameters, x, y]);
      update.dispose();
    },
  };
}

const library: Library<Tensor> = {
  async open() {
    const opened = await init('webgpu');
    if (!opened.includes('webgpu')) throw new Error('jax-js opened no WebGPU device');
    defaultDevice('webgpu');
    const { vendor, architecture, device, description } = getWebGPUDevice().adapterInfo;
    return [vendor, architecture, device, description].filter((word) => word !== '').join(' ');
  },
  enter: async () => undefined,
  async prepare({ spec }, inputs) {
    waiting = [];
    if (spec.kind === 'optimizer') return optimizerProgram(spec, inputs);
    if (spec.kind === 'linear' || spec.kind === 'mlp' || spec.kind === 'cnn' || spec.kind === 'block')
      return trainingProgram(spec, inputs);
    return operationProgram(spec, inputs);
  },
  first,
  release: (results) => results.forEach((result) => result.dispose()),
};

export const jaxContender = (): Contender => contender('jax', library);
