// Training steps in wgrad, on a fixed batch: modules, a loss and SGD as in the library's examples.
import { compile, mul, nn, optim, softmax, type Tensor } from '../../src/index.ts';
import {
  type BlockSpec,
  type CnnSpec,
  comparedSteps,
  type Inputs,
  learningRate,
  lenet,
  type LinearSpec,
  type MlpSpec,
  parameterNames,
} from '../cases.ts';
import { transposed } from '../random.ts';
import type { Program } from './contender.ts';
import { layerNorm, type Place, upload } from './wgrad-parts.ts';

/** The parameters of a model under the names of the case's inputs; weights lie as PyTorch's, (outputs, inputs). */
type Parameters = Readonly<Record<string, Tensor>>;

const isWeight = (name: string): boolean => name.startsWith('w');

/** A Linear with given parameters; the weight comes as (inputs, outputs). */
function linear(inputs: Inputs, weight: string, bias: string, device: Place): nn.Linear {
  const layer = new nn.Linear(inputs[weight].shape[0], inputs[weight].shape[1], { device });
  layer.weight.data = upload(transposed(inputs[weight]), device);
  layer.bias.data = upload(inputs[bias], device);
  return layer;
}

/** The layer of a transformer's keys, which has no bias. */
function keys(inputs: Inputs, device: Place): nn.Linear<false> {
  const { shape } = inputs.wk;
  const layer = new nn.Linear(shape[0], shape[1], false, { device });
  layer.weight.data = upload(transposed(inputs.wk), device);
  return layer;
}

interface Model {
  readonly parameters: Parameters;
  loss(): Tensor;
}

function linearModel(inputs: Inputs, x: Tensor, y: Tensor, device: Place): Model {
  const net = linear(inputs, 'weight', 'bias', device);
  const criterion = new nn.MSELoss();
  return { parameters: { weight: net.weight, bias: net.bias }, loss: () => criterion(net(x), y) };
}

function mlpModel(inputs: Inputs, x: Tensor, y: Tensor, device: Place): Model {
  const [first, second] = [linear(inputs, 'w1', 'b1', device), linear(inputs, 'w2', 'b2', device)];
  const net = new nn.Sequential(first, new nn.ReLU(), second);
  const criterion = new nn.CrossEntropyLoss();
  const parameters = { w1: first.weight, b1: first.bias, w2: second.weight, b2: second.bias };
  return { parameters, loss: () => criterion(net(x), y) };
}

/** A Conv2d with given parameters. */
function convolution(inputs: Inputs, kernel: string, bias: string, padding: number, device: Place): nn.Conv2d {
  const [outputs, channels, size] = inputs[kernel].shape;
  const layer = new nn.Conv2d(channels, outputs, size, { padding, device });
  layer.weight.data = upload(inputs[kernel], device);
  layer.bias.data = upload(inputs[bias], device);
  return layer;
}

function cnnModel(inputs: Inputs, x: Tensor, y: Tensor, device: Place): Model {
  const [near, far] = [
    convolution(inputs, 'k1', 'c1', lenet.padding, device),
    convolution(inputs, 'k2', 'c2', 0, device),
  ];
  const [one, two, three] = ['1', '2', '3'].map((at) => linear(inputs, `w${at}`, `b${at}`, device));
  const net = new nn.Sequential(
    near,
    new nn.Sigmoid(),
    new nn.AvgPool2d(2),
    far,
    new nn.Sigmoid(),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    one,
    new nn.Sigmoid(),
    two,
    new nn.Sigmoid(),
    three,
  );
  const criterion = new nn.CrossEntropyLoss();
  const parameters = {
    k1: near.weight,
    c1: near.bias,
    k2: far.weight,
    c2: far.bias,
    w1: one.weight,
    b1: one.bias,
    w2: two.weight,
    b2: two.bias,
    w3: three.weight,
    b3: three.bias,
  };
  return { parameters, loss: () => criterion(net(x), y) };
}

/** x + attention(norm(x)), then h + feedForward(norm(h)); batch B, length T, width D, H heads. */
function blockModel(spec: BlockSpec, inputs: Inputs, x: Tensor, y: Tensor, device: Place): Model {
  const layer = (weight: string, bias: string): nn.Linear => linear(inputs, weight, bias, device);
  const norm = (name: string): nn.Parameter => new nn.Parameter(upload(inputs[name], device));
  const [query, key, value, out] = [layer('wq', 'bq'), keys(inputs, device), layer('wv', 'bv'), layer('wo', 'bo')];
  const [expand, contract] = [layer('w1', 'b1'), layer('w2', 'b2')];
  const [gain1, shift1, gain2, shift2] = [norm('gain1'), norm('shift1'), norm('gain2'), norm('shift2')];
  const criterion = new nn.MSELoss();
  const { batch, length, width, heads } = spec;
  const each = width / heads;
  // (B, T, D) -> (B, H, T, D / H)
  const split = (h: Tensor): Tensor => h.reshape(batch, length, heads, each).transpose(1, 2);
  const forward = (): Tensor => {
    const h = layerNorm(x, gain1, shift1);
    const scores = split(query(h)).matmul(split(key(h)).transpose(-2, -1));
    const weights = softmax(mul(scores, 1 / Math.sqrt(each)), -1);
    const mixed = weights.matmul(split(value(h))).transpose(1, 2);
    const attended = x.add(out(mixed.reshape(batch, length, width)));
    const hidden = nn.functional.gelu(expand(layerNorm(attended, gain2, shift2)), { approximate: 'tanh' });
    return attended.add(contract(hidden));
  };
  const parameters = {
    gain1,
    shift1,
    wq: query.weight,
    bq: query.bias,
    wk: key.weight,
    wv: value.weight,
    bv: value.bias,
    wo: out.weight,
    bo: out.bias,
    gain2,
    shift2,
    w1: expand.weight,
    b1: expand.bias,
    w2: contract.weight,
    b2: contract.bias,
  };
  return { parameters, loss: () => criterion(forward(), y) };
}

type TrainingSpec = LinearSpec | MlpSpec | CnnSpec | BlockSpec;

function modelOf(spec: TrainingSpec, inputs: Inputs, x: Tensor, y: Tensor, device: Place): Model {
  switch (spec.kind) {
    case 'linear':
      return linearModel(inputs, x, y, device);
    case 'mlp':
      return mlpModel(inputs, x, y, device);
    case 'cnn':
      return cnnModel(inputs, x, y, device);
    case 'block':
      return blockModel(spec, inputs, x, y, device);
  }
}

/** A training loop's body around a model of its own: forward, backward, SGD. The loss is what it returns. */
export async function trainingProgram(
  spec: TrainingSpec,
  inputs: Inputs,
  device: Place,
  compiled: boolean,
): Promise<Program<Tensor>> {
  const x = await upload(inputs.x, device).realize();
  const numbers = upload(inputs.y, device);
  const y = await (spec.kind === 'mlp' || spec.kind === 'cnn' ? numbers.long() : numbers).realize();
  const make = (): { parameters: Parameters; step: () => Tensor } => {
    const model = modelOf(spec, inputs, x, y, device);
    const trainer = new optim.SGD(Object.values(model.parameters), { lr: learningRate[spec.kind] });
    const step = (): Tensor => {
      const l = model.loss();
      trainer.zeroGrad();
      l.backward();
      trainer.step();
      return l.detach();
    };
    return { parameters: model.parameters, step: compiled ? compile(step) : step };
  };
  const { parameters, step } = make();
  for (const parameter of Object.values(parameters)) await parameter.realize();
  return {
    step,
    // A loss that nobody reads is kept by the step that made it.
    hold: () => undefined,
    async compared() {
      const fresh = make();
      for (let at = 1; at < comparedSteps; at++) fresh.step();
      const loss = await fresh.step().item();
      const read = (name: string): Promise<ArrayLike<number>> => {
        const parameter = fresh.parameters[name].detach();
        return isWeight(name) ? parameter.t().numpy() : parameter.numpy();
      };
      return [[loss], ...(await Promise.all(parameterNames(inputs).map(read)))];
    },
    // Losses are left lying, as in a user's list.
    owned: false,
    dispose: () => [...Object.values(parameters), x, y].forEach((one) => one.dispose()),
  };
}
