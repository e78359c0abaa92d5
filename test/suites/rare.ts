// What nn.utils makes of weights, against PyTorch (golden/rare.json): draws, state dicts, outputs, gradients, the state that moves on;
// and the modules that have more than a forward. The rows of modules are in modules.ts.
import {
  autograd,
  linalg,
  LinAlgError,
  manualSeed,
  nn,
  ones,
  rand,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import golden from '../golden/rare.json';
import { type RecordedTensor, tensorOf } from '../ops/samples.ts';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type State = Readonly<Record<string, RecordedTensor>>;

interface NormRow {
  readonly make: string;
  readonly call: string;
  readonly names: readonly string[];
  readonly before: State;
  readonly inputs: readonly RecordedTensor[];
  readonly calls: readonly {
    readonly training: boolean;
    readonly output: RecordedTensor;
    readonly seed: RecordedTensor;
    readonly grads: readonly RecordedTensor[];
    readonly state: State;
  }[];
  readonly remove?: string;
  readonly removed?: State;
}

interface Golden {
  readonly prints: readonly (readonly [string, string])[];
  readonly adaptive: {
    readonly state: State;
    readonly input: RecordedTensor;
    readonly logProb: RecordedTensor;
    readonly predict: RecordedTensor;
  };
  readonly norms: readonly NormRow[];
}

const { prints, adaptive, norms } = golden as unknown as Golden;

// eslint-disable-next-line no-new-func
const run = (code: string, net?: nn.Module): unknown => new Function('nn', 'net', `return ${code}`)(nn, net);

const tolerance = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

async function compare(label: string, actual: Tensor, wanted: RecordedTensor, context: Context): Promise<void> {
  same(actual.shape, wanted.tensor, `${label}: shape`);
  close(await actual.numpy(), wanted.data.map(Number), tolerance(context), label);
}

async function compareState(label: string, net: nn.Module, wanted: State, context: Context): Promise<void> {
  const state = net.stateDict();
  same(Object.keys(state), Object.keys(wanted), `${label}: names`);
  for (const [name, value] of Object.entries(wanted)) await compare(`${label}: ${name}`, state[name], value, context);
}

const load = (net: nn.Module, state: State): void =>
  void net.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, tensorOf(value)])));

type AnyModule = nn.Module & ((...inputs: Tensor[]) => Tensor);

export const suite = defineSuite('rare', (test) => {
  for (const row of norms) {
    test(`${row.call} of ${row.make}`, async (context) => {
      manualSeed(7);
      const net = run(`new ${row.make}`) as AnyModule;
      ok(run(row.call, net) === net, 'it answers the module');
      await compareState('drawn', net, row.before, context);
      same(
        net.namedParameters().map(([name]) => name),
        row.names,
      );
      const inputs = row.inputs.map((input) => tensorOf(input));
      for (const [at, call] of row.calls.entries()) {
        net.train(call.training);
        const output = net(...inputs);
        await compare(`output ${at}`, output, call.output, context);
        const grads = autograd.grad([output], net.parameters(), [tensorOf(call.seed)]);
        for (const [which, grad] of call.grads.entries())
          await compare(`call ${at}, gradient ${which}`, grads[which], grad, context);
        await compareState(`state ${at}`, net, call.state, context);
      }
      if (row.remove === undefined) return;
      run(row.remove, net);
      await compareState('removed', net, row.removed as State, context);
      await compare('output once removed', net(...inputs), row.calls[row.calls.length - 1].output, context);
      throws(() => run(row.remove as string, net), 'ArgumentError', /no (weight|spectral)Norm of 'weight' in/);
    });
  }

  for (const [text, wanted] of prints) test(`prints ${text}`, () => same(String(run(`new ${text}`)), wanted));

  test('an adaptive softmax over all classes, and its guess', async (context) => {
    const net = new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], { divValue: 2 });
    load(net, adaptive.state);
    const x = tensorOf(adaptive.input);
    await compare('logProb', net.logProb(x), adaptive.logProb, context);
    same(await net.predict(x).tolist(), adaptive.predict.data);
    throws(() => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [6, 3]), 'ArgumentError', /cutoffs are \[6, 3\]/);
    throws(() => net(x, tensor([1], { dtype: 'int32' })), 'ShapeError', /target/);
    throws(() => net(ones(1, 8), tensor([10], { dtype: 'int32' })), 'IndexError', /10/);
  });

  test('weights behind hooks: copies, trained parts, names that cannot be', async () => {
    const net = nn.utils.weightNorm(new nn.Linear(2, 2));
    const twin = net.deepcopy();
    twin(ones(1, 2)).sum().backward();
    ok(
      twin.parameters().every(({ grad }) => grad !== null) && net.parameters().every(({ grad }) => grad === null),
      'a copy of its own',
    );
    nn.utils.removeWeightNorm(twin);
    same(Object.keys(twin.stateDict()), ['bias', 'weight']);
    same(Object.keys(net.stateDict()), ['bias', 'weight_g', 'weight_v']);
    throws(
      () => nn.utils.weightNorm(net),
      'ArgumentError',
      /weight of Linear is a tensor \(2, 2\): it must be a param/,
    );
    throws(() => nn.utils.weightNorm(new nn.ReLU()), 'ArgumentError', /weight of ReLU is undefined/);
    throws(() => nn.utils.weightNorm(3 as unknown as nn.Module), 'ArgumentError', /module is 3: it must be a module/);
    throws(() => nn.utils.spectralNorm(new nn.Linear(2, 2), 'weight', 0), 'ArgumentError', /nPowerIterations is 0/);
    const lstm = nn.utils.weightNorm(new nn.LSTM(2, 2), 'weightHhL0');
    ok(Object.keys(lstm.stateDict()).includes('weight_hh_l0_g'), 'a part has the name of its parameter');
    same(lstm(ones(3, 1, 2))[0].shape, [3, 1, 2]);
  });

  test('parametrizations: of two tensors, one behind the other, and away again', async (context) => {
    const { parametrizations, parametrize } = nn.utils;
    const net = new nn.Linear(3, 2);
    const before = await net.weight.numpy();
    parametrizations.weightNorm(net, { dim: null });
    same(Object.keys(net.stateDict()), [
      'bias',
      'parametrizations.weight.original0',
      'parametrizations.weight.original1',
    ]);
    close(await net.weight.numpy(), Array.from(before), tolerance(context));
    same(String(net).split('(')[0], 'ParametrizedLinear');
    class Twice extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    parametrize.registerParametrization(net, 'weight', new Twice());
    ok(parametrize.isParametrized(net) && !parametrize.isParametrized(net, 'bias'), 'the weight alone');
    const copy = net.deepcopy();
    copy(ones(1, 3)).sum().backward();
    ok(
      copy.parameters().every(({ grad }) => grad !== null) && net.parameters().every(({ grad }) => grad === null),
      'a copy of its own',
    );
    parametrize.removeParametrizations(net, 'weight');
    same(Object.keys(net.stateDict()), ['bias', 'weight']);
    same(String(net).split('(')[0], 'Linear');
    const wanted = Array.from(before, (one) => one * 2);
    close(await net.weight.numpy(), wanted, tolerance(context));
    close(await copy.weight.numpy(), wanted, tolerance(context));
    throws(() => parametrize.removeParametrizations(net, 'weight'), 'ArgumentError', /no parametrization of 'weight'/);
  });

  test('pools at places of their own: draws of the program, and what they are told', async () => {
    manualSeed(3);
    const x = ones(2, 3, 9, 9);
    const pool = new nn.FractionalMaxPool2d(2, { outputRatio: 0.5, returnIndices: true });
    const [values, indices] = pool(x) as unknown as readonly [Tensor, Tensor];
    same([values.shape, indices.dtype], [[2, 3, 4, 4], 'int32']);
    manualSeed(3);
    const again = nn.functional.fractionalMaxPool2dWithIndices(x, 2, { outputSize: 4, _randomSamples: rand(2, 3, 2) });
    same(await again[1].tolist(), await indices.tolist());
    const { fractionalMaxPool2d } = nn.functional;
    throws(() => fractionalMaxPool2d(x, 2), 'ArgumentError', /neither outputSize nor outputRatio/);
    throws(() => fractionalMaxPool2d(x, 2, 9), 'ShapeError', /outputSize \+ kernelSize - 1/);
    throws(() => fractionalMaxPool2d(x, 2, { outputRatio: 1.5 }), 'ArgumentError', /between 0 and 1/);
  });

  test('label sequences: what they are told', async () => {
    const scores = nn.functional.logSoftmax(ones(4, 2, 3), 2);
    const labels = tensor([[1, 2], [2, 0]], { dtype: 'int32' }); // prettier-ignore
    const { ctcLoss } = nn.functional;
    throws(() => ctcLoss(scores, labels, [4, 5], [2, 1]), 'ArgumentError', /inputLengths has 5/);
    throws(() => ctcLoss(scores, labels, [4], [2, 1]), 'ShapeError', /1 inputLengths for 2 samples/);
    throws(() => ctcLoss(scores, labels, [4, 4], [2, 3]), 'ArgumentError', /targetLengths has 3/);
    throws(() => ctcLoss(scores, labels.float(), [4, 4], [2, 1]), 'DTypeError', /targets of dtype float32/);
    throws(() => ctcLoss(scores, labels, [4, 4], [2, 1], 3), 'ArgumentError', /blank is 3/);
    throws(() => ctcLoss(scores, labels.flatten(), [4, 4], [2, 1]), 'ShapeError', /4 targets in one line/);
    // Lengths that only the device knows.
    const lengths = labels.ne(0).sum(1);
    const times = lengths.mul(0).add(4);
    same(await ctcLoss(scores, labels, times, lengths).item(), await ctcLoss(scores, labels, [4, 4], [2, 1]).item());
  });

  test('LDL of what has none', async () => {
    await rejects(() => linalg.ldlFactor(zeros(2, 2)).LD.numpy(), LinAlgError, /linalg\.ldlFactor/);
    same(await linalg.ldlFactorEx(zeros(2, 2)).info.item(), 1);
    throws(() => linalg.ldlFactor(ones(2, 3)), 'ShapeError', /square/);
    throws(() => linalg.ldlSolve(ones(2, 2), ones(3), ones(2, 1)), 'ShapeError', /a pivot for each column/);
    throws(() => linalg.householderProduct(ones(2, 3), ones(2)), 'ShapeError', /at least as many rows as columns/);
  });
});
