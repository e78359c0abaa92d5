// Nets beyond one layer against PyTorch (golden/networks.json): printed form, first draws, packed sequences, containers, and
// what recurrent nets and attention promise about states, masks and dispatches. The rows of modules are in modules.ts.
import { autograd, manualSeed, nn, noGrad, ones, randn, tensor, type Tensor, zeros } from '../../src/index.ts';
import { gatesOf, recur } from '../../src/ops/recurrent.ts';
import golden from '../golden/networks.json';
import { type RecordedTensor, tensorOf } from '../ops/samples.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

const tolerance = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

type State = Readonly<Record<string, RecordedTensor>>;

interface Packed {
  readonly batchFirst: boolean;
  readonly state: State;
  readonly input: RecordedTensor;
  readonly lengths: readonly number[];
  readonly data: RecordedTensor;
  readonly sizes: readonly number[];
  readonly output: RecordedTensor;
  readonly end: RecordedTensor;
  readonly backLengths: readonly number[];
  readonly seeds: readonly RecordedTensor[];
  readonly grads: readonly RecordedTensor[];
}

interface Golden {
  readonly prints: readonly (readonly [string, string])[];
  readonly draws: readonly { readonly new: string; readonly state: State }[];
  readonly inits: readonly { readonly call: string; readonly value: RecordedTensor }[];
  readonly packed: readonly Packed[];
  readonly packedLstm: Pick<Packed, 'state' | 'input' | 'lengths' | 'seeds' | 'grads'> & {
    readonly results: readonly RecordedTensor[];
  };
}

const { prints, draws, inits, packed, packedLstm } = golden as unknown as Golden;

// eslint-disable-next-line no-new-func
const run = (code: string): unknown => new Function('nn', 'empty', `return ${code}`)(nn, zeros);
const make = (text: string): nn.Module => run(`new ${text}`) as nn.Module;

async function compare(label: string, actual: Tensor, wanted: RecordedTensor, context: Context): Promise<void> {
  same(actual.shape, wanted.tensor, `${label}: shape`);
  close(await actual.numpy(), wanted.data.map(Number), tolerance(context), label);
}

function load(net: nn.Module, state: State): void {
  net.loadStateDict(Object.fromEntries(Object.entries(state).map(([key, value]) => [key, tensorOf(value)])));
}

const shown = async (x: Tensor): Promise<number[]> => Array.from(await x.numpy());

export const suite = defineSuite('networks', (test) => {
  for (const [text, wanted] of prints) test(`prints ${text}`, () => same(String(make(text)), wanted));

  for (const { new: text, state } of draws) {
    test(`draws of ${text}`, async (context) => {
      manualSeed(5);
      const net = make(text);
      const own = net.stateDict();
      same(Object.keys(own), Object.keys(state));
      for (const [name, value] of Object.entries(state)) await compare(name, own[name], value, context);
    });
  }

  for (const { call, value } of inits) {
    test(call, async (context) => {
      manualSeed(5);
      await compare(call, run(call) as Tensor, value, context);
    });
  }

  for (const row of packed) {
    test(`a GRU over a packed batch${row.batchFirst ? ', batch first' : ''}`, async (context) => {
      const net = new nn.GRU(2, 3, { bidirectional: true, batchFirst: row.batchFirst });
      load(net, row.state);
      const { rnn } = nn.utils;
      const x = tensorOf(row.input, true);
      const given = rnn.packPaddedSequence(x, row.lengths, row.batchFirst, false);
      same(given.batchSizes, row.sizes);
      const [out, end] = net(given);
      await compare('data', out.data, row.data, context);
      const [back, lengths] = rnn.padPackedSequence(out, row.batchFirst, -1);
      same(await lengths.tolist(), row.backLengths);
      await compare('output', back, row.output, context);
      await compare('end', end, row.end, context);
      const seeds = row.seeds.map((seed) => tensorOf(seed));
      const grads = autograd.grad([back, end], [x, ...net.parameters()], seeds);
      for (const [at, grad] of row.grads.entries()) await compare(`gradient ${at}`, grads[at] as Tensor, grad, context);
    });
  }

  test('an LSTM with projections over a packed batch', async (context) => {
    const net = new nn.LSTM(2, 4, { projSize: 3 });
    load(net, packedLstm.state);
    const x = tensorOf(packedLstm.input, true);
    const [out, [hidden, memory]] = net(nn.utils.rnn.packPaddedSequence(x, packedLstm.lengths));
    const results = [out.data, hidden, memory];
    for (const [at, wanted] of packedLstm.results.entries())
      await compare(`result ${at}`, results[at], wanted, context);
    const seeds = packedLstm.seeds.map((seed) => tensorOf(seed));
    const grads = autograd.grad(results, [x, ...net.parameters()], seeds);
    for (const [at, grad] of packedLstm.grads.entries())
      await compare(`gradient ${at}`, grads[at] as Tensor, grad, context);
  });

  test('padding and packing sequences', async () => {
    const { rnn } = nn.utils;
    const list = [tensor([1, 2]), tensor([3, 4, 5])];
    same(await rnn.padSequence(list, true, 9).tolist(), [
      [1, 2, 9],
      [3, 4, 5],
    ]);
    const sequence = rnn.packSequence(list, false);
    same(await shown(sequence.data), [3, 1, 4, 2, 5]);
    same(sequence.batchSizes, [2, 2, 1]);
    throws(() => rnn.packSequence(list), 'ArgumentError', /must not rise/);
  });

  test('a sequence in two halves, and cell by cell, is the whole', async (context) => {
    manualSeed(1);
    const net = new nn.LSTM(3, 4, 2);
    const x = randn(6, 2, 3);
    const [whole, [hidden, memory]] = net(x);
    const [first, state] = net(x.index(':3'));
    const [second, [h, c]] = net(x.index('3:'), state);
    const bounds = tolerance(context);
    close(await shown(second), (await shown(whole)).slice(24), bounds);
    close(await shown(first), (await shown(whole)).slice(0, 24), bounds);
    close(await shown(h), await shown(hidden), bounds);
    close(await shown(c), await shown(memory), bounds);

    const gru = new nn.GRU(3, 4);
    const cell = new nn.GRUCell(3, 4);
    const names = ['weightIh', 'weightHh', 'biasIh', 'biasHh'] as const;
    noGrad(() => names.forEach((name) => cell[name]?.copy_(Reflect.get(gru, `${name}L0`) as Tensor)));
    let step = zeros(2, 4);
    for (let time = 0; time < 6; time++) step = cell(x.select(0, time), step);
    close(await shown(step), await shown(gru(x)[1]), bounds);
  });

  for (const kind of ['tanh', 'relu', 'gru', 'lstm'] as const) {
    test(`${kind}: gradients of states and weights, and theirs, against differences`, async ({ device }) => {
      // Differences need float64.
      if (device !== 'cpu') return;
      manualSeed(2);
      const [rows, size, shown] = [gatesOf[kind] * 2, 2, kind === 'lstm' ? 1 : 2];
      const leaf = (...shape: number[]): Tensor => randn(...shape, { dtype: 'float64', requiresGrad: true });
      const valid = tensor([[[1]], [[0]]]).bool();
      for (const mask of [null, valid]) {
        const inputs = [leaf(2, 1, rows), leaf(1, shown), leaf(rows, shown), leaf(rows)];
        if (kind === 'lstm') inputs.push(leaf(1, size), leaf(shown, size));
        const calculate = (...given: Tensor[]) => {
          const [fromInput, hidden, weight, bias] = given;
          const [memory, projection] = [given.at(4) ?? null, given.at(5) ?? null];
          const sequence = { kind, fromInput, hidden, memory, weight, bias, projection, valid: mask };
          const { hidden: states, memory: memories } = recur({ ...sequence, reverse: mask !== null });
          return memories === null ? [states] : [states, memories];
        };
        // Second derivatives cost the square of it: forward without a mask, and back with one.
        await (mask === null ? autograd.gradcheck : autograd.gradgradcheck)(calculate, inputs);
      }
    });
  }

  test('attention: masks in both forms, weights a head', async (context) => {
    manualSeed(3);
    const net = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    const x = randn(2, 3, 4);
    const bounds = tolerance(context);
    const floats = nn.Transformer.generateSquareSubsequentMask(3);
    const [byFloats] = net(x, x, x, { attnMask: floats });
    const [byBits] = net(x, x, x, { attnMask: floats.lt(0) });
    const [causal] = net(x, x, x, { isCausal: true, needWeights: false });
    close(await shown(byBits), await shown(byFloats), bounds);
    close(await shown(causal), await shown(byFloats), bounds);
    const [, weights] = net(x, x, x, { averageAttnWeights: false });
    same(weights?.shape, [2, 2, 3, 3]);
    close(await shown((weights as Tensor).sum(-1)), new Array<number>(12).fill(1), bounds);
    throws(() => net(x, x, x, { attnMask: zeros(2, 2) }), 'ShapeError', /mask/);
    throws(() => new nn.MultiheadAttention(4, 3), 'ArgumentError', /multiple/);
  });

  test('a query that sees no key takes nothing', async () => {
    const mask = tensor([[true, false], [false, false]]); // prettier-ignore
    const x = ones(2, 3).requiresGrad_();
    const out = nn.functional.scaledDotProductAttention(x, x, x, mask);
    same(await out.tolist(), [
      [1, 1, 1],
      [0, 0, 0],
    ]);
    out.sum().backward();
    ok((await shown(x.grad as Tensor)).every(Number.isFinite), 'its gradient is finite');
  });

  test('embeddings that are given, padding, too long rows', async () => {
    const table = tensor([[3, 4], [0.3, 0.4], [0, 1]]); // prettier-ignore
    const net = nn.Embedding.fromPretrained(table);
    same(net.weight.requiresGrad, false);
    same(await net(tensor([2, 0], { dtype: 'int32' })).tolist(), [[0, 1], [3, 4]]); // prettier-ignore
    const bags = nn.EmbeddingBag.fromPretrained(table, { freeze: false, mode: 'max' });
    same(await bags(tensor([[2, 0]], { dtype: 'int32' })).tolist(), [[3, 4]]);
    throws(() => net(tensor([3], { dtype: 'int32' })), 'IndexError', /3/);
    throws(() => net(tensor([1.5])), 'DTypeError', /int32/);
    throws(() => new nn.Embedding(3, 2, { paddingIdx: 3 }), 'ArgumentError', /paddingIdx/);
  });

  test('rrelu and gumbelSoftmax draw', async () => {
    manualSeed(4);
    const x = ones(1000).neg();
    const slopes = await shown(nn.functional.rrelu(x, 0.1, 0.3, true).neg());
    ok(Math.min(...slopes) >= 0.1 && Math.max(...slopes) < 0.3, 'slopes lie between the bounds');
    ok(new Set(slopes).size > 900, 'each element has its own');
    const y = zeros(500, 3).requiresGrad_();
    const sharp = nn.functional.gumbelSoftmax(y, 0.5, true);
    same(new Set((await shown(sharp)).map((one) => Math.round(one * 1e5) / 1e5)), new Set([0, 1]));
    const counts = await shown(sharp.detach().sum(0));
    ok(
      counts.every((count) => count > 120 && count < 220),
      `a third each: ${counts.join(', ')}`,
    );
    sharp.select(1, 0).sum().backward();
    ok(
      (await shown(y.grad as Tensor)).some((one) => one !== 0),
      'the gradient is that of the soft answer',
    );
  });

  test('containers by name, and of parameters', async () => {
    const dict = new nn.ModuleDict({ a: new nn.Linear(2, 3), b: new nn.ReLU() });
    same(dict.keys(), ['a', 'b']);
    same(dict.a.outFeatures, 3);
    same(Object.keys(dict.stateDict()), ['a.weight', 'a.bias']);
    dict.set('c', new nn.Tanh());
    same(dict.length, 3);
    same(String(dict.pop('b')), 'ReLU()');
    same(
      [...dict].map(([name]) => name),
      ['a', 'c'],
    );
    throws(() => dict.get('b'), 'IndexError', /a, c/);
    throws(() => dict.set('d', 3 as unknown as nn.Module), 'ArgumentError', /must be a module/);

    const list = new nn.ParameterList([ones(2), new nn.Parameter(zeros(3, 4))]);
    list.append(ones(1));
    same(
      list.parameters().map(({ shape }) => [...shape]),
      [[2], [3, 4], [1]],
    );
    same(list.at(-1).shape, [1]);
    const named = new nn.ParameterDict({ left: ones(2) });
    same(Object.keys(named.stateDict()), ['left']);
  });

  test('parameters as a vector, and back', async () => {
    const net = new nn.Linear(2, 1);
    const vector = nn.utils.parametersToVector(net.parameters());
    same(vector.shape, [3]);
    nn.utils.vectorToParameters(tensor([1, 2, 3]), net.parameters());
    same(await net.weight.tolist(), [[1, 2]]);
    same(await net.bias.tolist(), [3]);
  });

  test('a deep copy has its own parameters, and draws nothing', async () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    const twin = net.deepcopy();
    same(String(twin), String(net));
    noGrad(() => twin[0].weight.fill_(7));
    ok(
      (await shown(net[0].weight)).every((one) => one !== 7),
      'the original stays',
    );
    same(twin(ones(1, 2)).shape, [1, 2]);
    const shared = new nn.ModuleDict({ a: net[0], b: net[0] });
    const both = shared.deepcopy();
    ok(both.a === both.b && both.a !== net[0], 'what is shared stays shared');
  });
});
