// save and load: files of PyTorch 1.13 (golden/files.json) read, own files read back, whatever else is refused by name; and
// safetensors. That PyTorch reads what save writes is checked by hand: torch.load(path, weights_only=True).
import { load, manualSeed, nn, ones, optim, randn, safetensors, save, tensor, Tensor, zeros } from '../../src/index.ts';
import golden from '../golden/files.json';
import { close, ok, rejects, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly requires_grad: boolean;
  readonly data: readonly (number | string)[];
}

const bytes = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
const kinds: Readonly<Record<string, string>> = {
  int64: 'int32',
  int16: 'int32',
  int8: 'int32',
  float16: 'float32',
  bfloat16: 'float32',
};
const isRecorded = (value: object): value is Recorded => 'shape' in value && 'data' in value;

/** Whether a nest is what was recorded of it. */
async function compare(found: unknown, wanted: unknown, path = ''): Promise<void> {
  if (typeof wanted !== 'object' || wanted === null) return same(found, wanted, path);
  if (!isRecorded(wanted)) {
    same(Object.keys(found as object).sort(), Object.keys(wanted).sort(), `keys of ${path}`);
    for (const [key, one] of Object.entries(wanted)) {
      await compare((found as Record<string, unknown>)[key], one, `${path}.${key}`);
    }
    return;
  }
  ok(found instanceof Tensor, `${path} is a tensor`);
  same([...found.shape], wanted.shape, path);
  same(found.dtype, kinds[wanted.dtype] ?? wanted.dtype, path);
  same(found.requiresGrad, wanted.requires_grad, path);
  const numbers = wanted.data.map((one) => (one === 'inf' ? Infinity : Number(one)));
  close([...(await found.numpy())], numbers, { absolute: 1e-12, relative: 1e-7 }, path);
}

export const suite = defineSuite('io', (test) => {
  for (const [name, { file, content }] of Object.entries(golden.files)) {
    test(`PyTorch's file: ${name}`, async () => {
      const found = await load(bytes(file));
      await compare(found, content, name);
      // And once more through a file of our own.
      await compare(await load(await save(found)), content, `${name} again`);
    });
  }

  test("a module and its optimizer go on from PyTorch's file", async () => {
    const { net: dict, trainer: state } = (await load(bytes(golden.files.state.file))) as {
      net: nn.StateDict;
      trainer: optim.OptimizerState;
    };
    const conv = new nn.Conv2d(1, 2, 3);
    const linear = new nn.Linear(8, 2);
    same(conv.loadStateDict({ weight: dict['0.weight'], bias: dict['0.bias'] }).missingKeys, []);
    linear.loadStateDict({ weight: dict['3.weight'], bias: dict['3.bias'] });
    const norms = [ones(2), zeros(2)];
    const trainer = new optim.Adam(
      [...conv.parameters(), ...norms, ...linear.parameters()].map((one) => one.requiresGrad_()),
    );
    trainer.loadStateDict(state);
    same(
      [trainer.paramGroups[0].lr, trainer.paramGroups[0].amsgrad, trainer.paramGroups[0].betas],
      [0.01, true, [0.9, 0.999]],
    );
    for (const parameter of trainer.paramGroups[0].params) parameter.grad = zeros(parameter.shape);
    trainer.step();
    const again = trainer.stateDict();
    same(await (again.state[0].step as Tensor).item(), 3);
    const momentum = (await (state.state[0].exp_avg as Tensor).reshape(-1).tolist()) as number[];
    close(
      await (again.state[0].exp_avg as Tensor).reshape(-1).tolist(),
      momentum.map((one) => one * 0.9),
      { relative: 1e-5 },
    );
  });

  test('float64 on the CPU device, float32 elsewhere', async () => {
    const { double } = (await load(bytes(golden.double), { device: 'cpu' })) as { double: Tensor };
    same([double.dtype, await double.tolist()], ['float64', [1 / 3, 1e300]]);
  });

  test('what save takes and how it comes back', async (context) => {
    manualSeed(0);
    const w = randn(3, 4);
    const file = save({
      w,
      t: w.t(),
      part: w.index(1, '1:3'),
      flags: [true, null],
      7: { lr: 0.5 },
      map: new Map([[1, 'a']]),
    });
    // The values are those of the call.
    w.zero_();
    const back = (await load(await file)) as Record<string, unknown>;
    manualSeed(0);
    const wanted = (await randn(3, 4).tolist()) as number[][];
    same(await (back.w as Tensor).tolist(), wanted);
    same(
      await (back.t as Tensor).tolist(),
      wanted[0].map((_, at) => wanted.map((row) => row[at])),
    );
    same(await (back.part as Tensor).tolist(), wanted[1].slice(1, 3));
    same([back.flags, back[7], back.map], [[true, null], { lr: 0.5 }, { 1: 'a' }]);
    same((back.w as Tensor).device.type === 'cpu', context.device === 'cpu');
    const leaf = ones(2, { requiresGrad: true });
    const { a, b } = (await load(await save({ a: leaf, b: leaf.mul(2) }))) as { a: Tensor; b: Tensor };
    same([a.requiresGrad, b.requiresGrad], [true, false]);
  });

  test('sources: bytes, buffers, blobs, responses, addresses', async () => {
    const file = await save([1, 2]);
    const at = new Uint8Array(file.length + 3);
    at.set(file, 3);
    const address = `data:application/octet-stream;base64,${btoa(String.fromCharCode(...file))}`;
    for (const source of [
      file,
      file.buffer,
      at.subarray(3),
      new Blob([file]),
      new Response(file),
      address,
      new URL(address),
    ]) {
      same(await load(source), [1, 2]);
    }
    same(await load(Promise.resolve(file)), [1, 2]);
    // A fetch that fails, without a request that a browser would log as an error of the page.
    const { fetch } = globalThis;
    globalThis.fetch = () => Promise.reject(new TypeError('there is no network'));
    try {
      await rejects(load('https://example.test/none.pt'), 'ArgumentError', /cannot be fetched/);
    } finally {
      globalThis.fetch = fetch;
    }
    await rejects(load(5 as never), 'ArgumentError', /the source is 5/);
    await rejects(load(new Response(null, { status: 404 })), 'ArgumentError', /answers 404/);
  });

  test('what is no file of tensors is refused by name', async () => {
    await rejects(load(bytes(golden.evil)), 'ArgumentError', /the pickle asks for posix\.system: only tensors/);
    await rejects(load(bytes(golden.set)), 'ArgumentError', /asks for __builtin__\.set/);
    await rejects(load(bytes(golden.legacy)), 'ArgumentError', /since version 1\.6\. Save it anew/);
    await rejects(load(bytes(golden.huge)), 'ArgumentError', /holds 1099511627776/);
    await rejects(load(new Uint8Array(40)), 'ArgumentError', /no archive of torch\.save/);
    const file = await save({ x: ones(20) });
    await rejects(load(file.slice(0, 300)), 'ArgumentError', /no directory at the end/);
    const broken = file.slice();
    const place = broken.findIndex((_, at) => [0, 0, 128, 63].every((byte, next) => broken[at + next] === byte));
    broken[place] = 1;
    await rejects(load(broken), 'ArgumentError', /the check sum of 'archive\/data\/0' does not fit/);
    await rejects(save({ a: { b: undefined } }), 'ArgumentError', /the value\.a\.b is undefined/);
    await rejects(save(new nn.Linear(1, 1)), 'ArgumentError', /Save its state: save\(net\.stateDict\(\)\)/);
    await rejects(save([() => 1]), 'ArgumentError', /the value\[0\] is a function/);
  });

  test('safetensors', async () => {
    const { a, b } = await safetensors.load(bytes(golden.safetensors));
    same(
      [await a.tolist(), await b.tolist(), b.dtype],
      [
        [
          [1, 2],
          [3, 4],
        ],
        [-1, 5],
        'int32',
      ],
    );
    const file = await safetensors.save(
      { a: a.t(), b, flags: tensor([true, false]), none: zeros(0, 2) },
      { made: 'here' },
    );
    const back = await safetensors.load(new Blob([file]));
    same(Object.keys(back), ['a', 'b', 'flags', 'none']);
    same(
      [await back.a.tolist(), await back.flags.tolist(), back.none.shape],
      [
        [
          [1, 3],
          [2, 4],
        ],
        [true, false],
        [0, 2],
      ],
    );
    await rejects(safetensors.load(file.slice(0, 30)), 'ArgumentError', /a header of/);
    await rejects(safetensors.load(file.slice(0, -1)), 'ArgumentError', /flags of shape/);
    await rejects(safetensors.save({ a: 1 } as never), 'ArgumentError', /the values are tensors/);
  });
});
