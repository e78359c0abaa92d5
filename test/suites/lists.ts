// Operations on lists of tensors: clipping and zeroing of gradients, steps over several parameters, against PyTorch's numbers
// (golden/lists.json), in layouts of all kinds, in loops and in captured steps.
import { compile, manualSeed, nn, optim, ones, randn, stack, tensor, type Tensor, zeros } from '../../src/index.ts';
import golden from '../golden/lists.json';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

type Numbers = readonly (number | string)[];

const number = (value: number | string): number =>
  typeof value === 'number' ? value : ({ inf: Infinity, '-inf': -Infinity, nan: NaN } as Record<string, number>)[value];

/** Tensors of the golden shapes. */
const tensors = (lists: readonly Numbers[]): Tensor[] =>
  lists.map((list, at) => tensor(list.map(number)).view(golden.shapes[at]));

/** Parameters at 0 with gradients. */
const leaves = (lists: readonly Numbers[]): Tensor[] =>
  tensors(lists).map((grad) => {
    const leaf = zeros(grad.shape, { requiresGrad: true });
    leaf.grad = grad.clone();
    return leaf;
  });

const gradient = (x: Tensor): Tensor => x.grad as Tensor;
const flat = async (list: readonly Tensor[]): Promise<number[]> =>
  (await Promise.all(list.map((one) => one.reshape(-1).numpy()))).flatMap((values) => [...values]);
const wanted = (lists: readonly Numbers[]): number[] => lists.flat().map(number);

const camel = (options: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key.replace(/_(\w)/g, (_, l: string) => l.toUpperCase()), value]),
  );

type Trainer = new (params: readonly Tensor[], options: object) => optim.Optimizer;

export const suite = defineSuite('lists', (test) => {
  for (const row of golden.clip) {
    test(`clipGradNorm_ ${row.name}, norm ${row.norm_type}, to ${row.max_norm}`, async () => {
      const params = leaves(row.before);
      const held = params.map(gradient);
      const total = nn.utils.clipGradNorm_(params, row.max_norm, { normType: number(row.norm_type) });
      same(total.shape, []);
      close(await total.item(), number(row.total), { relative: 2e-5 });
      close(await flat(params.map(gradient)), wanted(row.after), { relative: 2e-5 });
      ok(
        held.every((grad, at) => grad === params[at].grad),
        'gradients stay the objects that they were',
      );
    });
  }

  for (const row of golden.values) {
    test(`clipGradValue_ ${row.name}, ${row.clip_value}`, async () => {
      const params = leaves(row.before);
      same(nn.utils.clipGradValue_(params, row.clip_value), undefined);
      close(await flat(params.map(gradient)), wanted(row.after));
    });
  }

  for (const [at, row] of golden.steps.entries()) {
    test(`steps ${at}: ${row.optimizer} ${JSON.stringify(row.options)}`, async () => {
      const params = tensors(golden.starts).map((start) => start.requiresGrad_());
      const Class = Reflect.get(optim, row.optimizer) as Trainer;
      const trainer = new Class(params, camel(row.options));
      for (const push of golden.pushes) {
        tensors(push).forEach((grad, index) => (params[index].grad = grad));
        trainer.step();
      }
      close(await flat(params), wanted(row.after), { absolute: 2e-5, relative: 1e-4 });
    });
  }

  test('one tensor, an iterator, none with a gradient, none at all', async () => {
    const [a, b] = leaves(golden.clip[0].before);
    const alone = await gradient(a).norm().item();
    close(await nn.utils.clipGradNorm_(a, 1).item(), alone);
    close(await gradient(a).norm().item(), 1);
    a.grad = null;
    const rest = await gradient(b).norm().item();
    close(await nn.utils.clipGradNorm_([a, b].values(), 1).item(), rest, { relative: 1e-5 });
    close(await gradient(b).norm().item(), 1, { relative: 1e-5 });
    b.grad = null;
    same(await nn.utils.clipGradNorm_([a, b], 1).item(), 0);
    same(await nn.utils.clipGradNorm_([], 1, 2).item(), 0);
    nn.utils.clipGradValue_([a, b], 1);
    same([a.grad, b.grad], [null, null]);
  });

  test('gradients in layouts of all kinds: transposed, views of one tensor, the same twice, empty', async () => {
    const base = tensor([3, 4, 0, 12]);
    const [p, q, r, twice, none] = [[2, 3], [2], [2], [1], [0]].map((shape) => zeros(shape, { requiresGrad: true }));
    p.grad = tensor([0, 0, 0, 0, 0, 84]).view(3, 2).t();
    q.grad = base.index('0:2');
    r.grad = base.index('2:4');
    twice.grad = tensor([1]);
    none.grad = zeros(0);
    const total = nn.utils.clipGradNorm_([p, q, r, none], 42.5);
    close(await total.item(), 85);
    close(await gradient(p).tolist(), [
      [0, 0, 0],
      [0, 0, 42],
    ]);
    close(await base.tolist(), [1.5, 2, 0, 6]);
    same(gradient(p).isContiguous(), false);
    // As torch.nn.utils does with a parameter that is listed twice: it counts and is scaled twice.
    close(await nn.utils.clipGradNorm_([twice, twice], 0.5).item(), Math.SQRT2);
    close(await gradient(twice).item(), 0.125, { relative: 1e-4 });
    const trainer = new optim.Adagrad([p, q, r], { lr: 1 });
    trainer.step();
    close(await flat([p, q, r]), [0, 0, 0, 0, 0, -1, -1, -1, 0, -1]);
  });

  test('a norm that is not finite rejects before anything is scaled', async () => {
    const [p, q] = [zeros(2, { requiresGrad: true }), zeros(1, { requiresGrad: true })];
    p.grad = tensor([1, Infinity]);
    q.grad = tensor([3]);
    const strict = { errorIfNonfinite: true } as const;
    await rejects(
      nn.utils.clipGradNorm_([p, q], 1, strict),
      'ArgumentError',
      '[nn.utils.clipGradNorm_] the total norm of order 2 of the gradients is Infinity: gradients cannot be clipped by a norm ' +
        'that is not finite. Leave errorIfNonfinite out to scale by it anyway.',
    );
    same(await flat([gradient(p), gradient(q)]), [1, Infinity, 3]);
    p.grad = tensor([0, 4]);
    const total = await nn.utils.clipGradNorm_([p, q], 1, strict);
    close(await total.item(), 5);
    close(await flat([gradient(p), gradient(q)]), [0, 0.8, 0.6]);
  });

  test('bad input', () => {
    const clip = nn.utils.clipGradNorm_ as (...args: unknown[]) => unknown;
    throws(() => clip(3, 1), 'ArgumentError', /parameters is 3: it must be a tensor or a list of tensors/);
    throws(() => clip([1], 1), 'ArgumentError', /parameters holds something else/);
    throws(() => clip([]), 'ArgumentError', /maxNorm is missing/);
    throws(() => clip([], 1, { maxNorm: 1 }), 'ArgumentError', /maxNorm/);
    throws(() => clip([], 1, { norm: 1 }), 'ArgumentError', /unknown option norm/);
    const clamp = nn.utils.clipGradValue_ as (...args: unknown[]) => unknown;
    throws(() => clamp([], 'a'), 'ArgumentError', /clipValue is 'a'|clipValue is "a"/);
  });

  test('zeroGrad to zeros keeps the gradients as objects; what follows adds to 0', async () => {
    const net = new nn.Linear(3, 2);
    const trainer = new optim.SGD(net.parameters(), { lr: 0 });
    const run = () => net(ones(4, 3)).sum().backward();
    run();
    const held = net.parameters().map(gradient);
    const alias = held[0].detach();
    trainer.zeroGrad({ setToNone: false });
    same(await flat(held), new Array<number>(8).fill(0));
    run();
    close(await flat(held), new Array<number>(8).fill(4));
    net.zeroGrad({ setToNone: false });
    run();
    run();
    trainer.step();
    ok(
      held.every((grad, at) => grad === net.parameters()[at].grad),
      'gradients stay the objects that they were',
    );
    close(await flat(held), new Array<number>(8).fill(8));
    close(await flat([alias]), new Array<number>(6).fill(8));
    trainer.zeroGrad({ setToNone: false });
    trainer.step();
    same(await flat(held), new Array<number>(8).fill(0));
  });

  const loop = async (
    wrap: (step: (x: Tensor) => Tensor) => (x: Tensor) => Tensor,
    setToNone: boolean,
    Class: Trainer,
  ) => {
    manualSeed(11);
    const net = new nn.Sequential(new nn.Linear(5, 9), new nn.Tanh(), new nn.Linear(9, 2));
    const trainer = new Class([...net.parameters()], { lr: 0.05 });
    const batches = [randn(7, 5), randn(7, 5)];
    const step = wrap((x) => {
      trainer.zeroGrad({ setToNone });
      const l = net(x).square().mean().mul(30);
      l.backward();
      const norm = nn.utils.clipGradNorm_(net.parameters(), 0.5);
      nn.utils.clipGradValue_(net.parameters(), 0.2);
      trainer.step();
      return stack([l.detach(), norm]);
    });
    const shown: Tensor[] = [];
    for (let at = 0; at < 10; at++) shown.push(step(batches[at % 2]));
    return [...(await flat(shown)), ...(await flat(net.parameters())), ...(await flat(net.parameters().map(gradient)))];
  };
  for (const name of ['SGD', 'RMSprop', 'Adagrad', 'Adadelta'] as const) {
    test(`a captured step with clipping and ${name} is the plain step`, async () => {
      const Class = Reflect.get(optim, name) as unknown as Trainer;
      const plain = await loop((step) => step, true, Class);
      const tolerance = { absolute: 1e-6, relative: 1e-5 };
      close(await loop((step) => compile(step), true, Class), plain, tolerance, 'captured');
      close(await loop((step) => compile(step), false, Class), plain, tolerance, 'captured, zeros');
      close(await loop((step) => step, false, Class), plain, tolerance, 'zeros');
      ok(plain[1] > 0.5, 'the norm before clipping');
    });
  }
});
