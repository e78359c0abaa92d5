// Transforms of images against PyTorch's numbers (golden/images.json), data sets of all kinds, samplers, readers of files.
import { arange, data, Generator, manualSeed, ones, rand, tensor, type Tensor } from '../../src/index.ts';
import golden from '../golden/images.json';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const { transforms } = data;
const image = (): Tensor => tensor(golden.image).view(3, 7, 5);
const bytes = (): Tensor => tensor(Uint8Array.from(golden.byte)).view(3, 7, 5);
const flat = async (x: Tensor): Promise<number[]> => [...(await x.contiguous().view(-1).numpy())];
const bounds = { absolute: 1e-6, relative: 1e-5 };

/** Squares that arrive after some time. */
class Slow extends data.Dataset<Promise<[Tensor, number]>> {
  readonly length: number = 7;
  asked = 0;
  readonly fails: number;

  constructor(fails = -1) {
    super();
    this.fails = fails;
  }

  async get(index: number): Promise<[Tensor, number]> {
    this.asked++;
    await new Promise((resolve) => setTimeout(resolve, index % 3));
    if (index === this.fails) throw new Error(`no sample ${index}`);
    return [tensor([index, index * index]), index];
  }
}

class Counting extends data.IterableDataset<number> {
  readonly from: number;
  readonly to: number;

  constructor(from: number, to: number) {
    super();
    [this.from, this.to] = [from, to];
  }

  override *[Symbol.iterator](): Iterator<number> {
    for (let at = this.from; at < this.to; at++) yield at;
  }
}

class Streaming extends data.IterableDataset<number> {
  override async *[Symbol.asyncIterator](): AsyncIterator<number> {
    for (let at = 0; at < 5; at++) {
      await Promise.resolve();
      yield at * 10;
    }
  }
}

export const suite = defineSuite('transforms', (test) => {
  test('Resize as interpolate', async () => {
    for (const { size, mode, antialias, out } of golden.resize) {
      const resize = new transforms.Resize(size, { interpolation: mode as 'bilinear', antialias });
      close(await flat(resize(image())), out, bounds, `${mode} to ${size.join(' x ')}, antialias ${antialias}`);
    }
    const shapeOf = (size: number, options?: { maxSize: number }) =>
      new transforms.Resize(size, options)(image()).shape;
    same(
      [shapeOf(10), shapeOf(3), shapeOf(10, { maxSize: 12 })],
      [
        [3, 14, 10],
        [3, 4, 3],
        [3, 12, 8],
      ],
    );
    const small = new transforms.Resize([4, 3])(bytes());
    same(small.dtype, 'uint8');
    const float = await flat(new transforms.Resize([4, 3])(bytes().to('float32')));
    close(await flat(small), float, { absolute: 0.5 });
    throws(() => new transforms.Resize(10, { maxSize: 10 }), 'ArgumentError', /bounds the longer edge/);
    throws(() => new transforms.Resize([1, 2, 3] as never), 'ArgumentError', /an integer, or \[height, width\]/);
    throws(() => new transforms.Resize(4)(ones(3)), 'ShapeError', /images are \(channels, height, width\)/);
    throws(() => new transforms.Resize(4)(ones(5, 5).to('int32')), 'DTypeError', /of floats or uint8/);
  });

  test('Pad, CenterCrop', async () => {
    for (const { mode, border, out } of golden.pad) {
      const pad = new transforms.Pad(border, mode === 'constant' ? 0.25 : 0, mode as 'edge');
      close(await flat(pad(image())), out, bounds, `${mode} ${border.join(', ')}`);
    }
    const line = tensor([[1, 2, 3]]);
    same(await new transforms.Pad([2, 0], { paddingMode: 'symmetric' })(line).tolist(), [[2, 1, 1, 2, 3, 3, 2]]);
    same(await new transforms.Pad([-1, 1, 0, 0])(line).tolist(), [
      [0, 0],
      [2, 3],
    ]);
    throws(() => new transforms.Pad(1, { paddingMode: 'reflect' })(line), 'ShapeError', /narrower than the image/);
    const grid = arange(35).view(7, 5);
    same(await new transforms.CenterCrop([3, 2])(grid).tolist(), [
      [12, 13],
      [17, 18],
      [22, 23],
    ]);
    same(await new transforms.CenterCrop([2, 8])(grid.narrow(0, 0, 2)).tolist(), [
      [0, 0, 1, 2, 3, 4, 0, 0].map((_, at) => (at < 1 || at > 5 ? 0 : at - 1)),
      [0, 5, 6, 7, 8, 9, 0, 0],
    ]);
  });

  test('random transforms draw as torchvision', async () => {
    manualSeed(5);
    const grid = arange(70).view(10, 7);
    const flips = new transforms.RandomHorizontalFlip();
    const crops = new transforms.RandomCrop([6, 1]);
    for (const [flipped, top, left] of golden.draws as [boolean, number, number][]) {
      const turned = flips(grid);
      same(await turned.index(0, 0).item(), flipped ? 6 : 0);
      same(await crops(grid).index(0, 0).item(), top * 7 + left);
    }
    same(((await new transforms.RandomVerticalFlip(1)(grid).tolist()) as number[][])[0][0], 63);
    same(new transforms.RandomCrop(12, { padIfNeeded: true })(grid).shape, [12, 12]);
    same(new transforms.RandomCrop(10, 2)(ones(3, 8, 8)).shape, [3, 10, 10]);
    throws(() => new transforms.RandomCrop(12)(grid), 'ShapeError', /a crop of 12 x 12 from an image of 10 x 7/);
    throws(() => new transforms.RandomHorizontalFlip(2), 'ArgumentError', /p is 2/);
  });

  test('ToTensor, Normalize, dtypes, Grayscale, Compose', async () => {
    const pixels = { width: 2, height: 1, data: Uint8ClampedArray.of(0, 51, 255, 9, 102, 0, 0, 255) };
    const planes = new transforms.ToTensor()(pixels);
    same(planes.shape, [3, 1, 2]);
    close(await flat(planes), [0, 0.4, 0.2, 0, 1, 0]);
    const rows = bytes().permute(1, 2, 0);
    close(await flat(new transforms.ToTensor()(rows)), golden.back);
    same(new transforms.ToTensor()(ones(4, 5)).shape, [1, 4, 5]);
    const prepare = new transforms.Compose([
      new transforms.ToTensor(),
      new transforms.Normalize([0.5, 0.4, 0.3], [0.1, 0.2, 0.3]),
      new transforms.Lambda((x: Tensor) => x.mul(2)),
    ]);
    const wanted = golden.back.map((value, at) => {
      const channel = Math.floor(at / 35);
      return (2 * (value - [0.5, 0.4, 0.3][channel])) / [0.1, 0.2, 0.3][channel];
    });
    close(await flat(prepare(rows)), wanted, { absolute: 1e-5, relative: 1e-5 });
    ok(
      String(prepare).startsWith('Compose(\n    ToTensor()\n    Normalize(mean=[0.5, 0.4, 0.3], std='),
      String(prepare),
    );
    const toByte = new transforms.ConvertImageDtype('uint8');
    same(await flat(toByte(new transforms.ConvertImageDtype('float32')(bytes()))), golden.byte);
    same(await new transforms.ToDtype('float32')(tensor(Uint8Array.of(7))).tolist(), [7]);
    close(await new transforms.ToDtype('float32', true)(tensor(Uint8Array.of(51))).tolist(), [0.2]);
    const gray = new transforms.Grayscale(3)(image());
    const [r, g, b] = [golden.image[8], golden.image[43], golden.image[78]];
    same(gray.shape, [3, 7, 5]);
    close(await gray.index(2, 1, 3).item(), 0.2989 * r + 0.587 * g + 0.114 * b, bounds);
    throws(() => new transforms.Normalize([0], [0]), 'ArgumentError', /a std of 0/);
    throws(() => new transforms.Normalize([0, 0], [1])(image()), 'ShapeError', /2 means and 1 deviations/);
    throws(() => new transforms.Normalize([0], [1])(bytes()), 'DTypeError', /Use ToTensor/);
    throws(() => new transforms.ToTensor()(5 as never), 'ArgumentError', /the image is 5/);
  });

  test('data sets whose samples are promises', async () => {
    const slow = new Slow();
    const loader = new data.DataLoader(slow, { batchSize: 2, prefetchFactor: 2 });
    const seen: unknown[] = [];
    for await (const [x, index] of loader) {
      seen.push(await index.tolist());
      same(await x.index(0, 1).item(), (seen.length * 2 - 2) ** 2);
      ok(slow.asked <= Math.min(7, 2 * (seen.length + 2)), `${slow.asked} samples asked for at batch ${seen.length}`);
      if (seen.length === 1) same(slow.asked, 6, 'two batches ahead');
    }
    same(seen, [[0, 1], [2, 3], [4, 5], [6]]);
    throws(() => [...loader], 'ArgumentError', /for await/);
    const broken = new data.DataLoader(new Slow(3), { batchSize: 2 });
    const read = async () => {
      for await (const batch of broken) void batch;
    };
    await rejects(read(), 'Error', /no sample 3/);
  });

  test('data sets without positions, chained and concatenated', async () => {
    const loader = new data.DataLoader(new Counting(0, 5), { batchSize: 2 });
    const lists = async (batches: Iterable<Tensor>) => Promise.all([...batches].map((batch) => batch.tolist()));
    same(await lists(loader), [[0, 1], [2, 3], [4]]);
    same(await lists(new data.DataLoader(new Counting(0, 5), { batchSize: 2, dropLast: true })), [
      [0, 1],
      [2, 3],
    ]);
    const chained = new data.ChainDataset([new Counting(0, 2), new Counting(7, 9)]);
    same(await lists(new data.DataLoader(chained, { batchSize: 3 })), [[0, 1, 7], [8]]);
    const stream: unknown[] = [];
    for await (const batch of new data.DataLoader(new data.ChainDataset([new Counting(0, 1), new Streaming()]), 4)) {
      stream.push(await (batch as Tensor).tolist());
    }
    same(stream, [
      [0, 0, 10, 20],
      [30, 40],
    ]);
    throws(() => [...new data.DataLoader(new Streaming(), 2)], 'ArgumentError', /for await/);
    throws(() => new data.DataLoader(new Counting(0, 2), 1, true), 'ArgumentError', /shuffle or a sampler/);
    throws(() => loader.length, 'ArgumentError', /no length/);
    const both = new data.ConcatDataset([[1, 2], new data.Subset([7, 8, 9], [2, 0])]);
    same([both.length, both.cumulativeSizes, [0, 1, 2, 3, -1].map((at) => both.get(at))], [4, [2, 4], [1, 2, 9, 7, 7]]);
    throws(() => both.get(4), 'IndexError', /index 4 of 4/);
    const records = [
      { x: Float32Array.of(1, 2), y: 1, name: 'a', on: true },
      { x: Float32Array.of(3, 4), y: 2.5, name: 'b', on: false },
    ];
    const [batch] = new data.DataLoader(records, 2);
    same(
      [await batch.x.tolist(), await batch.y.tolist(), batch.name],
      [
        [
          [1, 2],
          [3, 4],
        ],
        [1, 2.5],
        ['a', 'b'],
      ],
    );
    same([batch.on.dtype, batch.y.dtype], ['bool', 'float32']);
  });

  test('samplers and splits draw as PyTorch', () => {
    const weights = golden.weights;
    type Options = { generator?: Generator };
    const makers: Record<keyof typeof golden.samplers, (options: Options) => Iterable<number>> = {
      subset: (options) => new data.SubsetRandomSampler([3, 1, 4, 15, 9, 2, 6], options),
      weighted: (options) => new data.WeightedRandomSampler(weights, 12, true, options),
      without: (options) => new data.WeightedRandomSampler(weights, 5, false, options),
      replaced: (options) => new data.RandomSampler({ length: 10 }, { replacement: true, numSamples: 40, ...options }),
      random: (options) => new data.RandomSampler({ length: 10 }, options),
    };
    for (const [name, make] of Object.entries(makers)) {
      const wanted = golden.samplers[name as keyof typeof golden.samplers];
      manualSeed(7);
      same([[...make({})], [...make({})]], wanted.default, name);
      same([...make({ generator: new Generator().manualSeed(8) })], wanted.own, `${name}, own generator`);
    }
    manualSeed(7);
    const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
    const indices = (parts: readonly data.Subset<number>[]) => parts.map((part) => [...part.indices]);
    same(indices(data.randomSplit(numbers(10), [3, 7])), golden.splits.lengths);
    const generator = new Generator().manualSeed(42);
    same(indices(data.randomSplit(numbers(11), [0.3, 0.3, 0.4], { generator })), golden.splits.fractions);
  });

  test('readers: csv and IDX from bytes, files, addresses, gzip', async () => {
    const text = 'a,b\n1,2\n3,4\n';
    const plain = new TextEncoder().encode(text);
    const gzip = new Uint8Array(
      await new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
    );
    for (const source of [plain, new Blob([plain]), new URL(`data:text/csv,${encodeURIComponent(text)}`), gzip]) {
      same(String(await data.readCsv(source)), String(data.readCsv(text)));
    }
    const idx = Uint8Array.of(
      0,
      0,
      8,
      3,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      3,
      ...Array.from({ length: 12 }, (_, at) => at * 20),
    );
    const images = await data.readIdx(new Blob([idx]));
    same([images.shape, images.dtype], [[2, 2, 3], 'uint8']);
    same(await images.index(1, 0).tolist(), [120, 140, 160]);
    const packed = await new Response(
      new Blob([idx]).stream().pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer();
    same(await flat(await data.readIdx(packed)), await flat(images));
    const shorts = Uint8Array.of(0, 0, 11, 1, 0, 0, 0, 2, 255, 254, 1, 0);
    same(await (await data.readIdx(shorts)).tolist(), [-2, 256]);
    const floats = Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 1, 0x40, 0x49, 0x0f, 0xdb);
    close(await (await data.readIdx(floats)).tolist(), [Math.PI], { relative: 1e-6 });
    await rejects(
      data.readIdx(idx.slice(0, -1)),
      'ArgumentError',
      /11 bytes of elements where the sizes \(2, 2, 3\) ask for 12/,
    );
    await rejects(data.readIdx(Uint8Array.of(1, 2, 3, 4)), 'ArgumentError', /do not begin as an IDX file/);
    await rejects(data.readIdx(gzip.slice(0, 20)), 'ArgumentError', /gzip data that ends early/);
    throws(() => data.readCsv('houses.csv'), 'ArgumentError', /a string is the text itself/);
  });

  test('a loader of transformed images', async () => {
    class Pictures extends data.Dataset<[Tensor, number]> {
      readonly length = 6;
      readonly prepare = new transforms.Compose([new transforms.ToTensor(), new transforms.Resize(4)]);
      get(index: number): [Tensor, number] {
        return [this.prepare(rand(8, 8, 3)), index];
      }
    }
    const shapes: unknown[] = [];
    for await (const [x, y] of new data.DataLoader(new Pictures(), { batchSize: 4, shuffle: true }))
      shapes.push([x.shape, y.shape]);
    same(shapes, [
      [[4, 3, 4, 4], [4]],
      [[2, 3, 4, 4], [2]],
    ]);
  });
});
