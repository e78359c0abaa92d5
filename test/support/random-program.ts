// Random programs in the language, as lines of code: chains, views, reductions, products, positions, writes in place, the way
// back, loops of steps. Each line is tried on the CPU first, so that shapes fit and numbers stay comparable on every device.
import * as wgrad from '../../src/index.ts';
import { rules } from './random-rules.ts';
import type { DType, Tensor, TypedArray } from '../../src/index.ts';

const nasty = [1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 64, 65];
/** Shapes of 4,096 elements and more: kernels then take 4 or 16 elements a thread. */
const wide = [
  [4096],
  [4099],
  [8192],
  [64, 65],
  [65, 64],
  [64, 80],
  [17, 16, 17],
  [3, 33, 64],
  [2, 2049],
  [128, 48],
  [16, 4, 4, 17],
];
/** Lines long enough to be cut into chunks, or so many that they are not. */
const huge = [[131_101], [4, 33_000], [33_000, 4], [300, 450], [450, 300], [2, 257, 260], [65_540, 2]];
/** What a program is about: small odd shapes, wide lanes, chunks, or a loop of steps whose plans are replayed. */
export type Kind = 'small' | 'wide' | 'huge' | 'loop';
/** Exact values are multiples of 2^-8 below 2^13: sums and products of some of them do not round, in any order. */
const grain = 256;
const largest = 8192;
/** Operations in a row that may round, so that differences stay within the tolerance. */
const deepest = 3;

/** mulberry32: 32 bits a call. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1);
  }

  /** 0 <= integer < bound. */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.below(rest.length), 1)[0]);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

/** A tensor of the program that is being made, computed on the CPU to know its shape and whether its values are exact. */
export interface Known {
  readonly name: string;
  readonly tensor: Tensor;
  exact: boolean;
  /** Operations in a row that rounded. */
  depth: number;
}

/** The code of one value, whether it may round, and what it is computed from; null where nothing fits. */
export type Draft = readonly [code: string, rounds: boolean, ...inputs: Known[]] | null;

const numel = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

export class Maker {
  readonly random: Random;
  readonly lines: string[] = [];
  readonly known: Known[] = [];
  readonly kind: Kind;
  /** Elements of a value at most. */
  readonly most: number;
  private leaves = 0;
  private names = 0;

  constructor(seed: number, kind: Kind) {
    this.random = new Random(seed);
    this.kind = kind;
    this.most = kind === 'huge' ? 150_000 : 12_000;
  }

  shape(): number[] {
    if (this.kind === 'wide') return [...this.random.of(wide)];
    if (this.kind === 'huge') return [...this.random.of(huge)];
    const rank = this.random.of([0, 1, 1, 2, 2, 2, 3, 3, 4]);
    const shape = Array.from({ length: rank }, () => this.random.of(this.random.chance(30) ? [1, 2, 3, 4] : nasty));
    if (rank > 0 && this.random.chance(4)) shape[this.random.below(rank)] = 0;
    while (numel(shape) > this.most) shape[shape.indexOf(Math.max(...shape))] = this.random.of([1, 2, 3]);
    return shape;
  }

  /** The code of a tensor of host data, with odd values of the dtype here and there. */
  input(shape: readonly number[], dtype: DType = 'float32', bound = 0): string {
    const [step, start] = [this.random.of([7, 37, 101, 59]), this.random.below(20)];
    const turn = `(i * ${step} + ${start} + shift)`;
    const special = this.random.chance(8) ? `i % 13 === 5 ? NaN : i % 13 === 7 ? -Infinity : ` : '';
    const value =
      bound > 0
        ? `${turn} % ${bound}`
        : dtype === 'bool'
          ? `${turn} % 3`
          : dtype === 'uint8'
            ? `${turn} % 256`
            : dtype === 'int32'
              ? `(${turn} % 13) - 6`
              : `${special}((${turn} % 29) - 14) / 4`;
    const array = dtype === 'float32' ? 'Float32Array' : 'Int32Array';
    const option = dtype === 'float32' || dtype === 'int32' ? '' : `, { dtype: '${dtype}' }`;
    return `w.tensor(${array}.from({ length: ${numel(shape)} }, (_, i) => ${value})${option}).view([${shape.join(', ')}])`;
  }

  async addInput(shape: readonly number[], dtype: DType = 'float32', bound = 0): Promise<Known | null> {
    const leaf = dtype === 'float32' && this.random.chance(60) ? '.requiresGrad_()' : '';
    if (leaf !== '') this.leaves++;
    return this.declare([`${this.input(shape, dtype, bound)}${leaf}`, false]);
  }

  /** Declares a value if it can be computed, is not too large, and its numbers are tame. */
  async declare(draft: Draft): Promise<Known | null> {
    if (draft === null) return null;
    const [code, rounds, ...inputs] = draft;
    const name = `a${this.names}`;
    let tensor: Tensor;
    let values: TypedArray;
    try {
      tensor = this.evaluate(code) as Tensor;
      if (tensor.numel() > this.most) return null;
      values = await tensor.detach().numpy();
    } catch {
      return null;
    }
    let exact = !rounds && inputs.every((input) => input.exact);
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (tensor.dtype === 'float32' && Math.abs(value) > largest) return null;
      if (tensor.dtype === 'float32' && !Number.isInteger(value * grain)) exact = false;
    }
    // Steps of a loop feed each other: only what does not round stays comparable.
    if (!exact && this.kind === 'loop') return null;
    // What cancels in a sum of rounded values leaves their errors alone.
    if (!exact && tensor.numel() === 1 && inputs.some((input) => !input.exact && input.tensor.numel() > 1000))
      return null;
    const depth = exact ? 0 : Math.max(0, ...inputs.map((input) => input.depth)) + Number(rounds);
    if (depth > deepest) return null;
    this.names++;
    this.lines.push(`const ${name} = ${code};`);
    const made = { name, tensor, exact, depth };
    this.known.push(made);
    return made;
  }

  /** Runs a statement without a value, such as a write in place. */
  effect(code: string): void {
    try {
      this.evaluate(code);
    } catch {
      return;
    }
    this.lines.push(`${code};`);
  }

  private evaluate(code: string): unknown {
    const names = this.known.map(({ name }) => name);
    const run = new Function('w', 'shift', ...names, `return ${code};`) as (...args: unknown[]) => unknown;
    return run(wgrad, 0, ...this.known.map(({ tensor }) => tensor));
  }

  /** Some value, rather a late one. */
  pick(fits: (one: Known) => boolean): Known | null {
    const list = this.known.filter(fits);
    if (list.length === 0) return null;
    return this.random.chance(50) ? list[list.length - 1] : this.random.of(list);
  }

  float(least = 0): Known | null {
    return this.pick(({ tensor }) => tensor.dtype === 'float32' && tensor.ndim >= least);
  }

  /** A float whose values every device has to the bit: what jumps (comparisons, extrema) may read it. */
  exact(least = 0): Known | null {
    return this.pick(({ tensor, exact }) => tensor.dtype === 'float32' && exact && tensor.ndim >= least);
  }

  any(least = 0): Known | null {
    return this.pick(({ tensor }) => tensor.ndim >= least);
  }

  /** A value that broadcasts with `one`, made where there is none. */
  async partner(one: Known, dtype: DType = 'float32', exact = false): Promise<Known | null> {
    const { shape } = one.tensor;
    const meets = (other: readonly number[]) =>
      other.every((size, at) => {
        const own = shape[at + shape.length - other.length] ?? 1;
        return size === own || size === 1 || own === 1;
      });
    const found = this.pick(
      (other) => other.tensor.dtype === dtype && meets(other.tensor.shape) && (!exact || other.exact),
    );
    if (found !== null && found !== one) return found;
    const smaller = shape.slice(this.random.chance(40) ? this.random.below(shape.length + 1) : 0);
    return this.addInput(
      smaller.map((size) => (this.random.chance(25) ? 1 : size)),
      dtype,
    );
  }

  dim({ tensor }: Known): number {
    return this.random.below(tensor.ndim) - (this.random.chance(20) ? tensor.ndim : 0);
  }

  /** `, keepdim` or nothing. */
  keep(): string {
    return this.random.chance(50) ? ', true' : '';
  }

  /** Which dimensions to reduce, and whether they stay: the arguments of a reduction. */
  over({ tensor }: Known): string {
    const all = Array.from({ length: tensor.ndim }, (_, dim) => dim);
    const some = all.filter(() => this.random.chance(50));
    if (some.length === 0 || this.random.chance(15)) return '';
    return `${some.length === 1 ? some[0] : `[${some.join(', ')}]`}${this.keep()}`;
  }

  /** Slices over the dimensions. */
  slices({ tensor }: Known): string {
    const parts = tensor.shape.map((size) => {
      const fits = [':', ':', ...(size > 1 ? ['1:', ':-1', '::2'] : []), ...(size > 3 ? ['1::2', '2:3', '1:4'] : [])];
      if (size > 8) fits.push('4:', ':8', '4:8');
      if (size > 40) fits.push('16:', '16:48', ':-16', '3:', `:${size - 3}`);
      return `'${this.random.of(fits)}'`;
    });
    if (parts.length > 0 && this.random.chance(15)) parts[this.random.below(parts.length)] = '0';
    return parts.join(', ');
  }

  get hasLeaves(): boolean {
    return this.leaves > 0;
  }
}

/** A write in place, to all or a part. */
async function write(m: Maker): Promise<void> {
  const x = m.exact();
  if (x === null) return;
  const y = m.random.chance(60) ? await m.partner(x, 'float32', true) : null;
  const part = x.tensor.ndim > 0 && m.random.chance(60) ? `.index(${m.slices(x)})` : '';
  const calls = ['mul_(0.5 + shift)', 'add_(1)', 'fill_(0.25 + shift)', 'zero_()', 'neg_()', 'relu_()'];
  if (y !== null) calls.push(...['add_', 'sub_', 'copy_'].map((name) => `${name}(${y.name})`));
  const call = m.random.of(calls);
  m.effect(m.random.chance(50) ? `w.noGrad(() => ${x.name}${part}.${call})` : `${x.name}${part}.${call}`);
}

/** The way back from some of the values, and perhaps an update of the leaves. */
async function back(m: Maker): Promise<void> {
  const ends = m.known.filter(({ tensor }) => tensor.requiresGrad && !tensor.isLeaf && tensor.dtype === 'float32');
  const chosen = ends.filter((_, at) => at === ends.length - 1 || m.random.chance(30));
  if (chosen.length === 0) return;
  const terms = chosen.map(({ name }) =>
    m.random.chance(50) ? `${name}.sum()` : `${name}.mul(${name}).mul(0.5).sum()`,
  );
  const loss = await m.declare([terms.reduce((sum, term) => `${sum}.add(${term})`), false, ...chosen]);
  if (loss === null) return;
  const before = m.lines.length;
  m.effect(`${loss.name}.backward()`);
  if (m.lines.length === before) return;
  const leaves = m.known.filter(({ tensor }) => tensor.isLeaf && tensor.grad !== null);
  for (const { tensor } of leaves) {
    const values = await (tensor.grad as Tensor).numpy();
    if (values.some((value) => Math.abs(value) > 1e6 && Number.isFinite(value)))
      m.lines.push("throw new Error('large')");
  }
  // The sign keeps the parameters of a loop exact.
  const slope = m.kind === 'loop' ? 'sign().mul(0.25)' : 'mul(0.125)';
  if (m.kind === 'loop' || m.random.chance(40))
    for (const { name } of leaves) m.lines.push(`w.noGrad(() => ${name}.sub_(${name}.grad.${slope}));`);
  for (const { name } of leaves) m.lines.push(`out.push(await ${name}.grad.numpy());`);
  for (const { name } of leaves) if (m.random.chance(50)) m.lines.push(`out.push(await ${name}.numpy());`);
}

/** The lines of a random program; the default device is the CPU meanwhile. */
export async function makeProgram(seed: number, kind: Kind): Promise<string[]> {
  const m = new Maker(seed, kind);
  await m.addInput(m.shape());
  if (m.random.chance(40)) await m.addInput(m.shape(), m.random.of(['int32', 'bool', 'uint8', 'float32']));
  const length = 3 + m.random.below(kind === 'small' ? 8 : 6);
  for (let at = 0; at < length; at++) {
    await m.declare(await m.random.of(rules)(m));
    if (m.random.chance(15)) await write(m);
    if (m.random.chance(8)) m.lines.push(`out.push(await ${m.random.of(m.known).name}.numpy());`);
  }
  if (m.hasLeaves && (kind === 'loop' || m.random.chance(60))) await back(m);
  const ends = m.known.filter((_, at) => at === m.known.length - 1 || m.random.chance(25));
  if (m.random.chance(50)) {
    const reads = ends.map(({ name }) => `${name}.numpy()`);
    m.lines.push(`out.push(...(await Promise.all([${reads.join(', ')}])));`);
  } else for (const { name } of ends) m.lines.push(`out.push(await ${name}.numpy());`);
  if (kind !== 'loop') return m.lines;
  const isInput = (line: string) => line.includes('w.tensor(');
  const body = m.lines.filter((line) => !isInput(line)).map((line) => line.replaceAll('+ shift', '+ (step % 2)'));
  // Gradients add up in some programs, and start anew in the others.
  const fresh = m.random.chance(70) ? m.known.filter(({ tensor }) => tensor.isLeaf && tensor.requiresGrad) : [];
  const drop = fresh.map(({ name }) => `${name}.grad = null;`);
  return [...m.lines.filter(isInput), 'for (let step = 0; step < 4; step++) {', ...body, ...drop, '}'];
}
