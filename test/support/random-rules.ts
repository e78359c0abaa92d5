// What a line of a random program may be: each rule makes the code of one value from values that exist.
import type { Draft, Known, Maker } from './random-program.ts';

type Rule = (m: Maker) => Draft | Promise<Draft>;

const smooth = [
  'neg()',
  'mul(2)',
  'mul(0.5 + shift)',
  'add(1.5 + shift)',
  'rsub(1)',
  'square()',
  'clone()',
  'contiguous()',
];
const kinked = ['relu()', 'abs()', 'clamp(-2, 3 + shift)', 'sign()', 'floor()', 'round()', 'frac()'];
const rounding = ['sigmoid()', 'tanh()', 'sin()', 'div(3)', 'exp()', 'abs().add(1).log()', 'square().add(1).rsqrt()'];
const sums = ['sum', 'sum', 'mean', 'logsumexp'];
const extremes = ['amax', 'amin', 'sum', 'prod'];
const compares = ['gt', 'le', 'eq', 'ne', 'lt'];

const one = (x: Known | null, code: (x: Known) => string, rounds = false): Draft =>
  x === null ? null : [code(x), rounds, x];

export const rules: readonly Rule[] = [
  (m) => one(m.float(), (x) => `${x.name}.${m.random.of(smooth)}`),
  (m) => one(m.float(), (x) => `${x.name}.${m.random.of(smooth)}.${m.random.of(smooth)}`),
  (m) => one(m.exact(), (x) => `${x.name}.${m.random.of(kinked)}`),
  (m) => one(m.float(), (x) => `${x.name}.${m.random.of(rounding)}`, true),
  ...(['add', 'sub', 'mul', 'add'] as const).map((name): Rule => async (m) => {
    const x = m.float();
    const y = x && (await m.partner(x));
    return y && [`${x.name}.${name}(${y.name})`, false, x, y];
  }),
  async (m) => {
    const x = m.exact();
    const y = x && (await m.partner(x, 'float32', true));
    return y && [`${x.name}.${m.random.of(['maximum', 'minimum'])}(${y.name})`, false, x, y];
  },
  async (m) => {
    const x = m.float();
    const y = x && (await m.partner(x));
    return y && [`${x.name}.div(${y.name}.abs().add(1))`, true, x, y];
  },
  async (m) => {
    const x = m.exact();
    const y = x && (await m.partner(x, 'float32', true));
    return y && [`${x.name}.${m.random.of(compares)}(${y.name})`, false, x, y];
  },
  async (m) => {
    const x = m.float();
    const mask = x && (await m.partner(x, 'bool'));
    const y = mask && (await m.partner(x));
    return y && [`w.where(${mask.name}, ${x.name}, ${y.name})`, false, mask, x, y];
  },
  async (m) => {
    const x = m.float();
    const mask = x && (await m.partner(x, 'bool'));
    return mask && [`${x.name}.maskedFill(${mask.name}, 0.5 + shift)`, false, x, mask];
  },
  async (m) => {
    const x = m.pick(({ tensor }) => tensor.dtype === 'int32' || tensor.dtype === 'uint8');
    const y = x && (await m.partner(x, m.random.of(['int32', 'uint8', 'bool'])));
    return y && [`${x.name}.${m.random.of(['add', 'mul', 'sub', 'maximum'])}(${y.name})`, false, x, y];
  },
  (m) => one(m.any(), (x) => `${x.name}.${m.random.of(["to('float32')", 'bool()', 'float().mul(0.5)'])}`),
  (m) =>
    one(
      m.pick(({ tensor }) => tensor.dtype !== 'float32'),
      (x) => `${x.name}.${m.random.of(["to('int32')", "to('uint8')", 'sum()', 'any()', 'all()'])}`,
    ),
  // Views
  (m) => one(m.any(2), (x) => `${x.name}.transpose(${m.dim(x)}, ${m.dim(x)})`),
  (m) =>
    one(m.any(2), (x) => `${x.name}.permute([${m.random.shuffled(x.tensor.shape.map((_, dim) => dim)).join(', ')}])`),
  (m) => one(m.any(1), (x) => `${x.name}.index(${m.slices(x)})`),
  (m) => one(m.any(1), (x) => `${x.name}.index(${m.slices(x)})`),
  (m) => one(m.any(), (x) => `${x.name}.unsqueeze(${m.random.below(x.tensor.ndim + 1)})`),
  (m) =>
    one(
      m.any(1),
      (x) =>
        `${x.name}.${m.random.of(['flatten()', 'squeeze()', `flip(${m.dim(x)})`, `unsqueeze(0).expand([2, ${['', ...x.tensor.shape].slice(1).join(', ')}])`])}`,
    ),
  (m) => one(m.any(1), (x) => `${x.name}.reshape([${reshaped(m, x).join(', ')}])`),
  (m) => one(m.any(1), (x) => `${x.name}.flip(${m.random.chance(70) ? m.dim(x) : 0})`),
  async (m) => {
    const x = m.float(1);
    const y = x && (await m.partner(x));
    return y && [`${x.name}.flip(${m.dim(x)}).${m.random.of(['add', 'mul'])}(${y.name})`, false, x, y];
  },
  // Several parts of one value beside a value of its own: two programs differ in which of them share a buffer
  async (m) => {
    const x = m.pick(({ tensor }) => tensor.dtype === 'float32' && tensor.ndim > 0 && tensor.shape[0] > 3);
    if (x === null) return null;
    const [length, ...others] = x.tensor.shape;
    const y = await m.addInput([length - 2, ...others]);
    if (y === null) return null;
    const parts = [':-2', '1:-1', '2:'].map((part) => `${x.name}.index('${part}')`);
    const [a, b, c] = m.random.shuffled([m.random.of(parts), m.random.of(parts), y.name]);
    return [`${a}.${m.random.of(['add', 'mul'])}(${b}).${m.random.of(['add', 'mul'])}(${c})`, false, x, y];
  },
  // Reductions
  (m) => one(m.float(1), (x) => `${x.name}.${m.random.of(['sum', 'sum', 'sum'])}(${m.over(x)})`),
  (m) => one(m.float(1), (x) => `${x.name}.${m.random.of(sums)}(${m.dim(x)}${m.keep()})`, true),
  (m) => one(m.exact(1), (x) => `${x.name}.${m.random.of(extremes)}(${m.dim(x)}${m.keep()})`),
  (m) => one(m.exact(1), (x) => `${x.name}.${m.random.of(['argmax', 'argmin'])}(${m.dim(x)}${m.keep()})`),
  (m) => one(m.exact(1), (x) => `${x.name}.max(${m.dim(x)}${m.keep()}).values`),
  (m) =>
    one(
      m.float(1),
      (x) =>
        `${x.name}.${m.random.of(['var', 'std'])}({ dim: ${m.dim(x)}, keepdim: ${m.random.chance(50)}, correction: 0 }).add(1)`,
      true,
    ),
  (m) => one(m.any(1), (x) => `${x.name}.cumsum(${m.dim(x)})`),
  (m) => one(m.exact(1), (x) => `${x.name}.gt(0.25).${m.random.of(['any', 'all', 'sum'])}(${m.dim(x)}${m.keep()})`),
  // Fused patterns
  (m) => one(m.float(1), (x) => `${x.name}.${m.random.of(['softmax', 'softmax', 'logSoftmax'])}(${m.dim(x)})`, true),
  (m) =>
    one(
      m.float(1),
      (x) => {
        const d = m.dim(x);
        return `${x.name}.sub(${x.name}.mean(${d}, true)).div(${x.name}.var({ dim: ${d}, keepdim: true, correction: 0 }).add(0.5).sqrt())`;
      },
      true,
    ),
  (m) =>
    one(m.float(1), (x) => {
      const d = m.dim(x);
      return `${x.name}.sub(${x.name}.amax(${d}, true).detach()).mul(${x.name}.sum(${d}, true).mul(0.125))`;
    }),
  (m) => one(m.float(1), (x) => `${x.name}.mul(${x.name}.sum(${m.dim(x)}, true).mul(0.125)).sum(${m.over(x)})`),
  async (m) => {
    const x = m.float(2);
    if (x === null) return null;
    const [inner, columns] = [x.tensor.shape.at(-1) as number, m.random.of([1, 2, 3, 4, 10, 16, 17, 33])];
    if (x.tensor.numel() * columns > 600_000) return null;
    const turned = m.random.chance(50);
    const weight = await m.addInput(turned ? [columns, inner] : [inner, columns]);
    const bias = await m.addInput(m.random.of([[columns], [1], [x.tensor.shape.at(-2) as number, 1]]));
    const finish = m.random.of([
      '',
      '.tanh()',
      '.sigmoid().mul(2)',
      '.softmax(-1)',
      '.square()',
      '.sum(-1)',
      '.transpose(-1, -2)',
    ]);
    return (
      weight &&
      bias && [
        `${x.name}.matmul(${weight.name}${turned ? '.t()' : ''}).add(${bias.name})${finish}`,
        finish.includes('(') && !/square|sum|trans/.test(finish),
        x,
        weight,
        bias,
      ]
    );
  },
  // Many inputs, and a value that is read through its own transpose again and again
  async (m) => {
    const x = m.float();
    if (x === null) return null;
    const all = [x];
    for (let at = 0; at < 10; at++) all.push((await m.partner(x)) ?? x);
    return [
      all.map(({ name }) => name).reduce((sum, name) => `${sum}.${m.random.of(['add', 'sub'])}(${name})`),
      false,
      ...all,
    ];
  },
  (m) => {
    const x = m.pick(
      ({ tensor }) => tensor.dtype === 'float32' && tensor.ndim === 2 && tensor.shape[0] === tensor.shape[1],
    );
    return one(x, ({ name }) => `[1, 2, 3].reduce((h) => h.add(h.t()).mul(0.5), ${name})`);
  },
  (m) => one(m.float(2), (x) => (x.tensor.numel() > 1200 ? 'null' : `${x.name}.matmul(${x.name}.transpose(-1, -2))`)),
  // Positions
  async (m) => {
    const x = m.any(1);
    if (x === null) return null;
    const dim = m.random.below(x.tensor.ndim);
    const index = await m.addInput([m.random.of([1, 2, 5, 17])], 'int32', Math.max(x.tensor.shape[dim], 1));
    return index && [`${x.name}.indexSelect(${dim}, ${index.name})`, false, x];
  },
  async (m) => {
    const x = m.float(1);
    if (x === null) return null;
    const dim = m.random.below(x.tensor.ndim);
    const length = m.random.of([1, 1, 2, 3]);
    const index = await m.addInput(
      x.tensor.shape.map((size, at) => (at === dim ? length : size)),
      'int32',
      Math.max(x.tensor.shape[dim], 1),
    );
    const source = m.random.chance(60) ? null : await m.addInput(index?.tensor.shape ?? []);
    if (index === null) return null;
    if (source === null) return [`${x.name}.gather(${dim}, ${index.name})${m.random.of(['', '.mul(2)'])}`, false, x];
    return [
      `${x.name}.${m.random.of(['scatterAdd', 'scatterAdd', ...(length === 1 ? ['scatter'] : [])])}(${dim}, ${index.name}, ${source.name})`,
      false,
      x,
      source,
    ];
  },
  async (m) => {
    const x = m.pick(({ tensor }) => tensor.dtype === 'float32' && tensor.ndim === 2 && tensor.numel() > 0);
    const target = x && (await m.addInput([x.tensor.shape[0]], 'int32', x.tensor.shape[1]));
    return (
      target && [
        `w.nn.functional.crossEntropy(${x.name}, ${target.name}${m.random.of(['', ", { reduction: 'sum' }", ", { reduction: 'none' }"])})`,
        true,
        x,
      ]
    );
  },
  async (m) => {
    const x = m.any(1);
    const y =
      x &&
      (m.pick(({ tensor }) => tensor.dtype === x.tensor.dtype && tensor.shape.join() === x.tensor.shape.join()) ?? x);
    return y && [`w.${m.random.of(['cat', 'stack'])}([${x.name}, ${y.name}], ${m.dim(x)})`, false, x, y];
  },
  (m) =>
    one(
      m.any(1),
      (x) =>
        `${x.name}.${m.random.of([`roll(1, ${m.dim(x)})`, `repeat([2, ${x.tensor.shape.map(() => 1).join(', ')}])`, `chunk(2, ${m.dim(x)})[0]`, `split(2, ${m.dim(x)}).at(-1)`])}`,
    ),
  (m) => one(m.any(2), (x) => `${x.name}.${m.random.of(['tril', 'triu'])}(${m.random.of([-1, 0, 1])})`),
];

function reshaped(m: Maker, { tensor }: Known): number[] {
  const size = tensor.numel();
  const divisor = m.random.of([2, 3, 4, 5, 8, 16, 17].filter((one) => size % one === 0).concat(1));
  return m.random.of([
    [divisor, size / divisor],
    [size / divisor, divisor],
    [size / divisor, 1, divisor],
    [1, size],
    [...tensor.shape].reverse(),
  ]);
}
