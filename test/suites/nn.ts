// Module itself: calls, the walk over members, containers, buffers, hooks, state dicts, moves, one step by hand.
import { manualSeed, nn, noGrad, ones, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

type AnyModule = nn.Module & ((...inputs: Tensor[]) => Tensor);

/** Losses and gradients on the GPU: exp and log there are a few units in the last place off. */
const tolerance = ({ device }: Context) =>
  device === 'cpu' ? { absolute: 2e-6, relative: 1e-5 } : { absolute: 1e-5, relative: 1e-4 };

async function grads(net: nn.Module): Promise<unknown> {
  return Promise.all(net.parameters().map((parameter) => (parameter.grad as Tensor).tolist()));
}

export const suite = defineSuite('nn', (test) => {
  test('a network of the user: callable, typed, walked', async () => {
    class Net extends nn.Module {
      readonly hidden = new nn.Linear(3, 4);
      readonly out = new nn.Linear(4, 1, { bias: false });
      override readonly name = 'net';

      forward(x: Tensor, options: { readonly scale: number }): Tensor {
        return this.out(this.hidden(x).relu()).mul(options.scale);
      }
    }
    const net = new Net();
    const y: Tensor = net(ones(2, 3), { scale: 2 });
    same(y.shape, [2, 1]);
    same(
      [typeof net, net instanceof nn.Module, net.name, Object.keys(net)],
      ['function', true, 'net', ['training', 'hidden', 'out', 'name']],
    );
    same(
      net.namedParameters().map(([name]) => name),
      ['hidden.weight', 'hidden.bias', 'out.weight'],
    );
    same(
      net.namedModules().map(([name]) => name),
      ['', 'hidden', 'out'],
    );
    same(Object.keys(net.stateDict()), ['hidden.weight', 'hidden.bias', 'out.weight']);
    const order: string[] = [];
    same(net.apply((module) => void order.push(module.constructor.name)) === net, true);
    same(order, ['Linear', 'Linear', 'Net']);
    y.sum().backward();
    ok(
      net.parameters().every(({ grad }) => grad !== null),
      'gradients',
    );
    net.zeroGrad({ setToNone: false });
    close(await net.hidden.weight.grad?.abs().sum().item(), 0);
    net.zeroGrad();
    ok(
      net.parameters().every(({ grad }) => grad === null),
      'no gradients',
    );
    same([net.eval().hidden.training, net.train().out.training], [false, true]);
    net.requiresGrad_(false);
    same(
      net.parameters().map(({ requiresGrad }) => requiresGrad),
      [false, false, false],
    );
  });

  test('shared layers and parameters appear once; the state dict names each place', () => {
    const shared = new nn.Linear(2, 2);
    const net = new nn.Sequential(shared, new nn.ReLU(), shared);
    same(net.parameters().length, 2);
    same(net.modules().length, 3);
    same(net.children().length, 2);
    same(Object.keys(net.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
    same(net(ones(1, 2)).shape, [1, 2]);
    class Tied extends nn.Module {
      readonly encoder = new nn.Linear(2, 2, { bias: false });
      readonly weight = this.encoder.weight;

      forward(x: Tensor): Tensor {
        return this.encoder(x).matmul(this.weight);
      }
    }
    same(
      new Tied().namedParameters().map(([name]) => name),
      ['weight'],
    );
  });

  test('Sequential: positions, names, subclass, append', async () => {
    const net = new nn.Sequential(new nn.Linear(2, 1));
    manualSeed(0);
    net[0].weight.data.normal_(0, 0.01);
    net[0].bias.data.fill_(0);
    close(await net[0].weight.tolist(), [[0.0154099607, -0.00293428907]], { absolute: 1e-8 });
    same([net.length, [...net].length, net.at(-1) === net[0]], [1, 1, true]);
    throws(() => net.at(1), 'IndexError', /index 1 of 1 modules/);
    same(net.append(new nn.Sigmoid()).length, 2);
    net.addModule('last', new nn.Identity());
    same([net.length, net.at(-1) instanceof nn.Identity], [3, true]);
    const named = new nn.Sequential({ hidden: new nn.Linear(2, 3), act: new nn.Tanh() });
    same(
      String(named),
      'Sequential(\n  (hidden): Linear(in_features=2, out_features=3, bias=True)\n  (act): Tanh()\n)',
    );
    same([named.hidden === named[0], named(ones(1, 2)).shape], [true, [1, 3]]);
    same(Object.keys(named.stateDict()), ['hidden.weight', 'hidden.bias']);
    class Mlp extends nn.Sequential<[nn.Linear, nn.ReLU, nn.Linear]> {
      constructor() {
        super(new nn.Linear(2, 4), new nn.ReLU(), new nn.Linear(4, 1));
      }
    }
    const mlp = new Mlp();
    const out: Tensor = mlp(ones(3, 2));
    same([out.shape, mlp[0].outFeatures, String(mlp).slice(0, 4)], [[3, 1], 4, 'Mlp(']);
    throws(
      () => new nn.Sequential(nn.ReLU as never),
      'ArgumentError',
      /module 0 is a function: it must be a module\. Make an instance/,
    );
    const list = new nn.ModuleList([new nn.Linear(1, 1), new nn.Linear(1, 1)]);
    same([list[1].inFeatures, list.length, list.parameters().length], [1, 2, 4]);
    throws(() => (list as unknown as AnyModule)(ones(1)), 'ArgumentError', /ModuleList/);
  });

  test('buffers, registered members, private fields', async () => {
    class Counter extends nn.Module {
      readonly #hidden = new nn.Linear(1, 1);
      count!: Tensor;

      constructor() {
        super();
        this.registerBuffer('count', zeros(1));
        this.registerBuffer('cache', ones(1), false);
        this.registerParameter('scale', new nn.Parameter(ones(1)));
        this.registerParameter('none', null);
      }

      see(): void {
        this.registerModule('hidden', this.#hidden);
      }

      forward(x: Tensor): Tensor {
        this.count = this.count.add(1);
        return x;
      }
    }
    const net = new Counter();
    same(Object.keys(net.stateDict()), ['scale', 'count']);
    same(
      net.namedBuffers().map(([name]) => name),
      ['count', 'cache'],
    );
    net.see();
    same(Object.keys(net.stateDict()), ['scale', 'count', 'hidden.weight', 'hidden.bias']);
    net(ones(1));
    same(await net.stateDict().count.tolist(), [1]);
    throws(() => net.registerBuffer('a.b', zeros(1)), 'ArgumentError', /the name 'a\.b'/);
    throws(() => net.registerBuffer('forward', zeros(1)), 'ArgumentError', /'forward' is a member of Counter/);
  });

  test('hooks see and replace arguments and results', () => {
    const net = new nn.Linear(2, 3);
    const seen: string[] = [];
    const before = net.registerForwardPreHook((module, [x]) => {
      seen.push(`pre ${module.outFeatures} ${x.shape.join('x')}`);
      return [x.reshape(1, 2)];
    });
    const after = net.registerForwardHook((_, args, output) => {
      seen.push(`post ${args[0].shape.join('x')} ${output.shape.join('x')}`);
      return output.sum();
    });
    same(net(ones(2)).shape, []);
    before.remove();
    after.remove();
    same(net(ones(2)).shape, [3]);
    same(seen, ['pre 3 2', 'post 1x2 1x3']);
  });

  test('loadStateDict: copies, keeps the tensors, names all faults at once', async () => {
    const [a, b] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
    const weight = b.weight;
    same(String(b.loadStateDict(a.stateDict())), '<All keys matched successfully>');
    same(await b.weight.tolist(), await a.weight.tolist());
    same(b.weight === weight, true);
    noGrad(() => void a.weight.fill_(7));
    same((await b.weight.max().item()) < 1, true, 'a copy');
    same(await a.stateDict().weight.max().item(), 7, 'the dict shares the elements');
    const before = await b.weight.tolist();
    throws(
      () => b.loadStateDict({ weight: zeros(2, 2), x: zeros(1) }),
      'ArgumentError',
      '[loadStateDict] Linear: missing keys: "bias"; unexpected keys: "x"; size mismatch for weight: (2, 2) in the dict, (3, 2) in the module: ' +
        'names and sizes must be those of the module.',
    );
    throws(() => b.loadStateDict({ weight: zeros(3, 2), x: zeros(1) }), 'ArgumentError', /strict: false/);
    same(await b.weight.tolist(), before, 'nothing changed');
    same(
      String(b.loadStateDict({ weight: zeros(3, 2) }, { strict: false })),
      "_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])",
    );
    same(await b.weight.sum().item(), 0);
  });

  test('to(float64) and back keeps the parameters', async ({ device }) => {
    if (device !== 'cpu') return;
    const net = new nn.Linear(2, 1);
    const { weight } = net;
    net.to('float64');
    same(
      [net.weight === weight, weight.dtype, net(ones(1, 2, { dtype: 'float64' })).dtype],
      [true, 'float64', 'float64'],
    );
    net(ones(1, 2, { dtype: 'float64' }))
      .sum()
      .backward();
    same(weight.grad?.dtype, 'float64');
    same(net.float().weight.dtype, 'float32');
    throws(() => net.to('int32'), 'ArgumentError', /floating point dtypes only/);
  });

  test('a step by the library against the chain rule written out', async (context) => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
    const x = tensor([
      [1, -2],
      [0.5, 3],
    ]);
    const y = tensor([[1], [0]]);
    new nn.MSELoss()(net(x), y).backward();
    const got = (await grads(net)) as unknown[];
    const { hidden, delta2, delta1 } = noGrad(() => {
      const hidden = x.matmul(net[0].weight.t()).add(net[0].bias).tanh();
      const delta2 = hidden.matmul(net[2].weight.t()).add(net[2].bias).sub(y);
      const delta1 = delta2.matmul(net[2].weight).mul(hidden.square().neg().add(1));
      return { hidden, delta2, delta1 };
    });
    const rule = [delta1.t().matmul(x), delta1.sum(0), delta2.t().matmul(hidden), delta2.sum(0)];
    for (const [at, wantedGrad] of rule.entries())
      close(got[at], await wantedGrad.tolist(), tolerance(context), `parameter ${at}`);
  });

  test('cpu: a module that was computed elsewhere comes back', async ({ device }) => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new nn.LazyLinear(1));
    const { weight } = net[0];
    noGrad(() => weight.mul_(2));
    if (device === 'webgpu') throws(() => net.to('cpu'), 'ArgumentError', /await net\.cpu\(\)/);
    const wanted = await weight.tolist();
    same((await net.cpu()) === net, true);
    same(
      [...net.parameters(), ...net.buffers()].filter((one) => one.device.type !== 'cpu'),
      [],
    );
    same([net[0].weight === weight, await weight.tolist(), weight.requiresGrad], [true, wanted, true]);
    same(net(ones(2, 2, { device: 'cpu' })).device.type, 'cpu');
  });

  test('members by their path, parts of a list', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Sequential(new nn.BatchNorm1d(3)), new nn.ReLU());
    same(net.getSubmodule('') === net && net.getSubmodule('1.0') === net[1][0], true);
    same(net.getParameter('0.weight') === net[0].weight, true);
    same(net.getBuffer('1.0.running_mean') === net[1][0].runningMean, true);
    throws(
      () => net.getSubmodule('1.2'),
      'ArgumentError',
      "[getSubmodule] no '2' for the path '1.2': Sequential has 0.",
    );
    throws(() => net.getParameter('0.other'), 'ArgumentError', /Linear has weight, bias/);
    throws(() => net.getParameter('2.weight'), 'ArgumentError', /ReLU has none/);
    const part = net.slice(1);
    same([part.length, part[0] === net[1], part.at(-1) === net[2]], [2, true, true]);
    same(
      [String(net.slice(0, 1)), net.slice(-1)[0] === net[2]],
      ['Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n)', true],
    );
    same(Object.keys(new nn.Sequential({ a: net[0], b: net[2] }).slice(1).namedChildren()[0]), ['0', '1']);
    same(new nn.Sequential({ a: net[0], b: net[2] }).slice(1).namedChildren()[0][0], 'b');
    const list = new nn.ModuleList([net[0], net[2]]);
    same([list.slice(1).length, list.slice(1)[0] === list[1]], [1, true]);
  });

  test('full backward hooks see and replace gradients', async () => {
    const layer = new nn.Linear(2, 1, { bias: false });
    layer.weight.data.copy_(tensor([[2, 3]]));
    const seen: unknown[] = [];
    const handle = layer.registerFullBackwardHook((module, gradInput, gradOutput) => {
      same(module === layer, true);
      seen.push([...gradInput, ...gradOutput].map((one) => one?.tolist() ?? null));
    });
    const x = ones(1, 2, { requiresGrad: true });
    layer(x).mul(5).sum().backward();
    layer(ones(1, 2)).sum().backward();
    same(await Promise.all((seen as Promise<unknown>[][]).map((one) => Promise.all(one))), [
      [[[10, 15]], [[5]]],
      [null, [[1]]],
    ]);
    same([await x.grad?.tolist(), await layer.weight.grad?.tolist()], [[[10, 15]], [[6, 6]]]);
    layer.registerFullBackwardHook((_, [grad]) => [(grad as Tensor).mul(2)]);
    layer(x).sum().backward();
    same(await x.grad?.tolist(), [[14, 21]]);
    handle.remove();
    same(seen.length, 3);
  });
});
