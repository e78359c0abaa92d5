// What a reader of "Dive into Deep Learning" writes must type-check without casts, and what is wrong must not: a line under
// `@ts-expect-error` fails `tsc --noEmit` where it compiles. Nothing here runs.

import { load, nn, optim, slice, type Tensor } from '../../src/index.ts';

/** Compiles where `value` has exactly the type T. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const exactly = <T>() => ({ is: <V>(_value: V, _same: Same<T, V>): void => undefined });

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
  const [output, next] = net<[Tensor, { hidden: Tensor }]>(Y, state, { mask: null });
  return output.add(next.hidden).add(net(Y));
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
    return this.body(X).add(X).relu();
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
  const answer = encoder(X, [1, 2]);
  exactly<[outputs: Tensor, state: Tensor]>().is(answer, true);
  // @ts-expect-error lengths are missing
  encoder(X);
  // @ts-expect-error lengths are numbers
  encoder(X, ['1']);
  // @ts-expect-error a pair has no relu
  encoder(X, [1]).relu();
  // @ts-expect-error a Linear takes a tensor
  new nn.Linear(2, 3)([1, 2]);
  // @ts-expect-error a Linear takes one tensor
  new nn.Linear(2, 3)(X, X);
  // @ts-expect-error a Linear gives a tensor
  const wrong: number = new nn.Linear(2, 3)(X);
  // @ts-expect-error and is no function of numbers
  const fn: (x: number) => number = new nn.Linear(2, 3);
  const right: (x: Tensor) => Tensor = new nn.Linear(2, 3);
  exactly<Tensor>().is(new nn.Linear(2, 3)(X), true);
  new nn.Sequential(new nn.Linear(2, 3), encoder)(X)[1].relu();
  trainEpoch(encoder, [], new nn.MSELoss(), 0.1);
  void [wrong, fn, right];
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
  // @ts-expect-error Flatten has no weight
  void net[0].weight;
  // @ts-expect-error there is no third layer of that class
  void net[0].outFeatures;
  new nn.Sequential(...layers)[0].weight.data.normal_(0, 0.01);
  const empty = new nn.Sequential();
  empty.append(net);
  void [class Mlp extends nn.Sequential {}, class Two extends nn.Sequential<[nn.Linear, nn.ReLU]> {}];
  const either = layers.length > 1 ? new nn.ReLU() : new nn.Tanh();
  const other = layers.length > 1 ? layers[0] : new nn.Tanh();
  empty.registerModule('block 1', new nn.Sequential(...layers));
  new nn.Sequential(empty, new nn.Linear(4, 1))[0][1][0].bias.data.fill_(0);
  const any: nn.Sequential = net;
  const parts: nn.Module[] = [any, net, new nn.LSTM(2, 2), new nn.MSELoss(), new nn.MultiheadAttention(4, 2), empty];
  for (const layer of net) either(other(layer(new nn.Linear(1, 1).weight))).relu();
  for (const part of parts) part.registerForwardHook((_module, args, output) => output.add(args[0]));
  net[1].registerForwardHook((module, [input], output) => output.add(module.weight.sum()).add(input.sum()));
}

/** Files: what the place says, else a state dict, else what the reader says. */
export async function files(net: nn.Module, trainer: optim.SGD, file: Uint8Array): Promise<void> {
  net.loadStateDict(await load(file));
  trainer.loadStateDict(await load(file));
  const dict = await load(file);
  net.loadStateDict(dict, { strict: false });
  exactly<Tensor>().is(dict['0.weight'], true);
  const x = await load<Tensor>(file);
  const { model, epoch } = await load<{ model: nn.StateDict; epoch: number }>(file);
  net.loadStateDict(model);
  void x.add(epoch);
  // @ts-expect-error a state dict is no tensor
  void dict.add(1);
}

/** Elements as lists. */
export async function elements(x: Tensor): Promise<number> {
  const rows = await x.tolist();
  const typed: number[][] = await x.tolist();
  const [first, ...others] = await x.tolist();
  const flags = await x.gt(0).tolist<boolean[]>();
  const total = rows.map((row) => row.reduce((sum, value) => sum + value, 0)).at(-1) ?? 0;
  if (flags[0] === true && rows[0][0] > 1 && typed[0][0] === rows[1][1] && rows[0][1] === 3) return first[0];
  for (const row of rows) for (const value of row) console.log(value.toFixed(2), row.length, others.length);
  // @ts-expect-error a number is no string
  const wrong: string = rows[0][0];
  void wrong;
  return Math.max(...rows[0]) + total + (await x.sum().tolist());
}

/** Writing with the text that `index` takes. */
export function writing(x: Tensor): Tensor {
  x.indexPut_('0', 1)
    .indexPut_('1:3, ::2', x.index('1:3, ::2'), { accumulate: true })
    .indexPut_([0, slice(1)], 2);
  // @ts-expect-error the entries are one list
  x.indexPut_(0, 1);
  return x.indexPut('...', 0);
}
