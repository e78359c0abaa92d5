// What a reader of "Dive into Deep Learning" writes must type-check without casts, and what is wrong must not: a line under
// `@ts-expect-error` fails `tsc --noEmit` where it compiles. test/suites/types.ts runs all but what `refused` is given.

import { data, load, nn, optim, slice, type Tensor } from '../../src/index.ts';

/** Compiles where `value` has exactly the type T. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const exactly = <T>() => ({ is: <V>(_value: V, _same: Same<T, V>): void => undefined });

/** What must not compile; it is not run. */
const refused = (_wrong: () => unknown): void => undefined;

/** Functions of the book take a network and a loss of any class. */
export function trainEpoch(net: nn.Module, batches: Iterable<[Tensor, Tensor]>, loss: nn.Module, lr: number): Tensor[] {
  const trainer = new optim.SGD(net.parameters(), { lr });
  const losses: Tensor[] = [];
  for (const [X, y] of batches) {
    const l = loss(net(X), y);
    exactly<Tensor>().is(l, true);
    trainer.zeroGrad();
    l.mean().backward();
    trainer.step();
    losses.push(l.detach());
  }
  return losses;
}

/** A recurrent network gives two results, and starts from no state. */
export function predict(net: nn.Module, X: Tensor): Tensor {
  let state: Tensor | null = null;
  let Y = X;
  for (let step = 0; step < 3; step++) [Y, state] = net(Y, state);
  const [output, next] = net<[Tensor, { hidden: Tensor }]>(Y, state, { named: true });
  return output.add(next.hidden);
}

/** Layers one after the other, which the class does not know one by one. */
export class MySequential extends nn.Module {
  constructor(...layers: nn.Module[]) {
    super();
    for (const [index, layer] of layers.entries()) this.registerModule(String(index), layer);
  }

  forward(X: Tensor): Tensor {
    for (const module of this.children()) X = module(X);
    return X;
  }
}

export class Residual<M extends nn.Module = nn.Module> extends nn.Module {
  readonly body: nn.Module;
  readonly shortcut: M | null;

  constructor(body: nn.Module, shortcut: M | null = null) {
    super();
    this.body = body;
    this.shortcut = shortcut;
  }

  forward(X: Tensor): Tensor {
    return X.add(this.body(X)).add(this.shortcut === null ? X : this.shortcut(X));
  }
}

/** A class keeps the exact types of its forward. */
class Encoder extends nn.Module {
  readonly rnn = new nn.GRU(4, 8);

  forward(X: Tensor, lengths: number[]): [outputs: Tensor, state: Tensor] {
    const [outputs, state] = this.rnn(X);
    return [outputs.mul(lengths.length), state];
  }
}

export function exactCalls(X: Tensor): void {
  const encoder = new Encoder();
  const linear = new nn.Linear(4, 3);
  exactly<[outputs: Tensor, state: Tensor]>().is(encoder(X, [1, 2]), true);
  // @ts-expect-error lengths are missing
  refused(() => encoder(X));
  // @ts-expect-error lengths are numbers
  refused(() => encoder(X, ['1']));
  // @ts-expect-error a pair has no relu
  refused(() => encoder(X, [1]).relu());
  // @ts-expect-error a Linear takes a tensor
  refused(() => linear([1, 2]));
  // @ts-expect-error a Linear takes one tensor
  refused(() => linear(X, X));
  // @ts-expect-error a Linear gives a tensor
  refused((): number => linear(X));
  // @ts-expect-error and is no function of numbers
  refused((): ((x: number) => number) => linear);
  const same: (x: Tensor) => Tensor = linear;
  exactly<Tensor>().is(linear(X).add(same(X)), true);
  new nn.Sequential(new nn.Linear(4, 4), new nn.GRU(4, 8))(X)[1].relu();
  trainEpoch(encoder, [], new nn.MSELoss(), 0.1);
}

/** Lists of layers of any class. */
export function lists(X: Tensor, depth: number): Tensor {
  const layers: nn.Module[] = [];
  for (let i = 0; i < depth; i++) layers.push(new nn.Linear(4, 4), new nn.ReLU());
  let h = X;
  for (const layer of layers) h = layer(h);
  const net = new nn.Sequential(...layers);
  const out = net(h);
  exactly<Tensor>().is(out, true);
  for (const layer of net) h = layer(h);
  const blocks = new nn.ModuleList(layers);
  for (const block of blocks) h = block(h);
  const byName = new nn.ModuleDict({ a: new nn.Linear(4, 4) });
  h = byName.get('a')(h);
  const mixed = new nn.Sequential(new nn.Flatten(), layers[0]);
  exactly<Tensor>().is(mixed(h), true);
  return new nn.Sequential(new MySequential(...layers), net, new Residual(net))(h).add(out);
}

/** Initialisation by class, hooks, layers by position. */
export function positions(layers: nn.Module[]): void {
  const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(4, 1));
  net.apply((module) => {
    if (module instanceof nn.Linear) nn.init.normal_(module.weight, 0, 0.01);
  });
  net[1].weight.data.normal_(0, 0.01);
  for (const child of net.children())
    if (child instanceof nn.Sequential) child[0](child.at(-1)(new nn.Linear(1, 1).weight));
  // @ts-expect-error Flatten has no weight
  refused(() => net[0].weight);
  // @ts-expect-error there is no third layer
  refused(() => net[2].weight);
  new nn.Sequential(...layers)[0].weight.data.normal_(0, 0.01);
  const empty = new nn.Sequential();
  empty.append(net);
  void [class Mlp extends nn.Sequential {}, class Two extends nn.Sequential<[nn.Linear, nn.ReLU]> {}];
  const either = layers.length > 1 ? new nn.ReLU() : new nn.Tanh();
  const other = layers.length > 1 ? layers[1] : new nn.Tanh();
  empty.registerModule('block 1', new nn.Sequential(...layers));
  new nn.Sequential(empty, new nn.Linear(4, 1))[0][1][0].bias.data.fill_(0);
  const any: nn.Sequential = net;
  const parts: nn.Module[] = [any, net, new nn.LSTM(2, 2), new nn.MSELoss(), new nn.MultiheadAttention(4, 2), empty];
  for (const layer of net) either(other(layer(new nn.Linear(4, 1).weight))).relu();
  for (const part of parts) part.registerForwardHook((_module, args, output) => output.add(args[0]));
  net[1].registerForwardHook((module, [input], output) => output.add(module.weight.sum()).add(input.sum()));
}

/** Files: what the place says, else a state dict, else what the reader says. */
export async function files(
  net: nn.Module,
  trainer: optim.SGD,
  file: Uint8Array,
  others: Readonly<Record<'trainer' | 'tensor' | 'both', Uint8Array>>,
): Promise<Tensor> {
  net.loadStateDict(await load(file));
  trainer.loadStateDict(await load(others.trainer));
  const dict = await load(file);
  net.loadStateDict(dict, { strict: false });
  exactly<Tensor>().is(dict['0.weight'], true);
  const x = await load<Tensor>(others.tensor);
  const { model, epoch } = await load<{ model: nn.StateDict; epoch: number }>(others.both);
  net.loadStateDict(model);
  // @ts-expect-error a state dict is no tensor
  refused(() => dict.add(1));
  return x.add(epoch);
}

/** Elements as lists. */
export async function elements(x: Tensor): Promise<number> {
  const rows = await x.tolist();
  const typed: number[][] = await x.tolist();
  const [first, ...others] = await x.tolist();
  const flags = await x.gt(0).tolist<boolean[]>();
  const total = rows.map((row) => row.reduce((sum, value) => sum + value, 0)).at(-1) ?? 0;
  if (flags[0] === true && rows[0][0] > 1 && typed[0][0] === rows[1][1] && rows[0][1] === 3) return -1;
  let count = 0;
  for (const row of rows) for (const value of row) count += Number(value.toFixed(2)) + row.length * others.length;
  // @ts-expect-error a number is no string
  refused((): string => rows[0][0]);
  return Math.max(...first) + total + count + (await x.sum().tolist());
}

/** Writing with the text that `index` takes. */
export function writing(x: Tensor): Tensor {
  x.indexPut_('0', 1)
    .indexPut_('1:3, ::2', x.index('1:3, ::2'), { accumulate: true })
    .indexPut_([0, slice(1)], 2);
  // @ts-expect-error the entries are one list
  refused(() => x.indexPut_(0, 1));
  return x.indexPut('3', 5);
}

const { functional: F } = nn;

/** Maximum pools with positions. */
export function pools(x: Tensor): readonly Tensor[] {
  const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true });
  exactly<Tensor>().is(indices, true);
  exactly<Tensor>().is(F.maxPool2d(x, 2), true);
  exactly<Tensor>().is(F.maxPool2d(x, 2, { stride: 1, returnIndices: false }), true);
  exactly<Tensor>().is(F.maxPool2d(x, { kernelSize: 2, padding: 1 }), true);
  const [, places] = F.maxPool2d({ input: x, kernelSize: [2, 2], returnIndices: true });
  const [, again] = F.maxPool1d(x.index(0), 2, 2, 0, 1, false, true);
  const [most, at] = new nn.MaxPool2d(2, { stride: 2, returnIndices: true })(x);
  const [, last] = new nn.MaxPool2d(2, 2, 0, 1, true)(x);
  exactly<Tensor>().is(new nn.MaxPool2d(2, { stride: 2 })(x), true);
  exactly<Tensor>().is(new nn.MaxPool2d({ kernelSize: 2, ceilMode: true })(x), true);
  // @ts-expect-error two results have no relu
  refused(() => new nn.MaxPool2d(2, { returnIndices: true })(x).relu());
  return [indices, places, last, again, new nn.MaxUnpool2d(2)(most, at), values];
}

/** Data sets and loaders as parameters and base classes, without type arguments. */
class Pairs extends data.Dataset {
  readonly rows: Tensor;

  constructor(rows: Tensor) {
    super();
    this.rows = rows;
  }

  get length(): number {
    return this.rows.shape[0];
  }

  get(index: number): [Tensor, number] {
    return [this.rows.index(index), index];
  }
}

export function loaders(X: Tensor, y: Tensor, net: nn.Module): Tensor {
  const train = (batches: data.DataLoader, samples: data.Dataset): Tensor => {
    let last = net(X);
    for (const [a, b] of batches) last = net(a).sub(b);
    return last.mul(samples.length);
  };
  const set = new data.TensorDataset(X, y);
  const pairs = new data.DataLoader(set, { batchSize: 2, shuffle: true });
  train(pairs, set);
  for (const [a, b] of pairs) exactly<Tensor>().is(a.add(b), true);
  const own = new data.DataLoader(new Pairs(X), 2);
  for (const batch of own) exactly<[Tensor, Tensor]>().is(batch, true);
  train(own, new Pairs(X));
  const firsts = new data.DataLoader(set, { batchSize: 2, collateFn: (samples) => samples.map(([a]) => a) });
  const byName = new data.DataLoader([{ image: X, name: 'a' }], 2);
  for (const { image, name } of byName) void [image.relu(), name[0].length];
  // @ts-expect-error a loader of records is none of lists of tensors
  refused(() => train(byName, set));
  // @ts-expect-error a number is no data set
  refused(() => new data.DataLoader(3));
  return train(firsts, new data.Subset(set, [0]));
}

/** Constructors by position, by name, and both. */
export function constructors(): void {
  const place = { device: 'cpu', dtype: 'float64' } as const;
  void new nn.Linear(2, { outFeatures: 3, ...place });
  void new nn.Linear({ inFeatures: 2, outFeatures: 3, bias: true });
  exactly<null>().is(new nn.Linear(2, { outFeatures: 3, bias: false }).bias, true);
  exactly<null>().is(new nn.Linear(2, 3, false, 'cpu', 'float64').bias, true);
  void new nn.LazyLinear(3, true, 'cpu', 'float64');
  void new nn.Conv2d(1, 2, { kernelSize: 3, padding: 1 });
  void new nn.Conv2d(1, { outChannels: 2, kernelSize: [3, 1], ...place });
  void new nn.Conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3 });
  void new nn.Conv2d(1, 2, 3, 1, 'same', 2, { paddingMode: 'circular' });
  void new nn.Conv2d(1, 2, 3, 1, 0, 1, 1, { device: 'cpu' });
  exactly<null>().is(new nn.Conv2d(1, 2, 3, 1, 0, 1, 1, false, 'zeros', place).bias, true);
  exactly<null>().is(new nn.Conv2d(1, 2, { kernelSize: 3, bias: false }).bias, true);
  exactly<nn.Parameter>().is(new nn.Conv2d(1, 2, { kernelSize: 3 }).bias, true);
  void [new nn.LazyConv2d(2, { kernelSize: 3, padding: 1 }), new nn.LazyConv2d({ outChannels: 2, kernelSize: 3 })];
  void new nn.ConvTranspose2d(1, 2, { kernelSize: 3, stride: 2, outputPadding: 1 });
  void [
    new nn.AvgPool2d(2, { padding: 1 }),
    new nn.AvgPool2d({ kernelSize: 2 }),
    new nn.MaxPool1d(2, 2, { padding: 1 }),
  ];
  void [new nn.AdaptiveAvgPool2d({ outputSize: 1 }), new nn.LPPool2d(2, { kernelSize: 2 }), new nn.MaxUnpool2d(2, 1)];
  void [new nn.BatchNorm2d(3, { momentum: 0.2 }), new nn.BatchNorm1d({ numFeatures: 3 }), new nn.GroupNorm(1, 3)];
  void [new nn.LayerNorm(3, { eps: 1e-4 }), new nn.LayerNorm([2, 3]), new nn.LayerNorm({ normalizedShape: 3 })];
  void [new nn.Dropout({ p: 0.1 }), new nn.PReLU(3, { init: 0.1 }), new nn.LeakyReLU({ negativeSlope: 0.1 })];
  void [
    new nn.Embedding(3, { embeddingDim: 2, paddingIdx: 0 }),
    new nn.Embedding({ numEmbeddings: 3, embeddingDim: 2 }),
  ];
  void [new nn.LSTM(3, { hiddenSize: 2 }), new nn.GRU({ inputSize: 3, hiddenSize: 2 }), new nn.GRUCell(3, 2)];
  void [new nn.MultiheadAttention(4, { numHeads: 2, batchFirst: true }), new nn.Flatten({ startDim: 1 })];
  void [new nn.CrossEntropyLoss({ reduction: 'none' }), new nn.MSELoss('sum'), new nn.Upsample({ scaleFactor: 2 })];
  void [new nn.TransformerEncoderLayer(4, { nhead: 2 }), new nn.Unflatten(1, { unflattenedSize: [2, 2] })];
  void [new nn.ZeroPad2d(1), new nn.ConstantPad2d(1, { value: 0 }), new nn.Transformer({ dModel: 4, nhead: 2 })];
  // @ts-expect-error the kernel size is missing
  refused(() => new nn.Conv2d(1, 2, { padding: 1 }));
  // @ts-expect-error PyTorch's name in JavaScript is kernelSize
  refused(() => new nn.Conv2d(1, 2, { kernel_size: 3 }));
  // @ts-expect-error the output features are missing
  refused(() => new nn.Linear(2, { bias: true }));
}
