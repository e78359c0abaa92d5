// The larger and the smaller of two, and values kept between bounds. NaN always wins, as in PyTorch.

import { ArgumentError } from '../errors.ts';
import { define, type Operand, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { applyPointwise } from './apply.ts';
import { mul, row, where } from './arithmetic.ts';

const equalRow = row('eq', {
  float: [(a, b) => (a === b ? 1 : 0), 'wg_eq(a, b)'],
  int: [(a, b) => (a === b ? 1 : 0), 'a == b'],
  result: 'test',
});

const extremum = (name: 'maximum' | 'minimum', take: (a: number, b: number) => number) =>
  row(
    name,
    {
      float: [take, `wg_${name}(a, b)`],
      int: [take, name === 'maximum' ? 'max(a, b)' : 'min(a, b)'],
      bool: [take, name === 'maximum' ? 'a | b' : 'a & b'],
    },
    // A tie shares the gradient equally, as PyTorch does.
    (grad, { input, output }) => {
      const share = (x: Tensor, y: Tensor) => {
        const half = where(applyPointwise(equalRow, [x, y]), 0.5, where(applyPointwise(equalRow, [x, output()]), 1, 0));
        return mul(grad, half);
      };
      return [share(input(0), input(1)), share(input(1), input(0))];
    },
  );

const nanMax = (a: number, b: number): number => Math.max(a, b);
const nanMin = (a: number, b: number): number => Math.min(a, b);
const maximumRow = extremum('maximum', nanMax);
const minimumRow = extremum('minimum', nanMin);

const operand = p.operand('other');

/** The larger of two, element by element; NaN wins. https://pytorch.org/docs/stable/generated/torch.maximum.html */
export const maximum = define('maximum', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(maximumRow, [input, other]),
);

/** The smaller of two, element by element; NaN wins. https://pytorch.org/docs/stable/generated/torch.minimum.html */
export const minimum = define('minimum', [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
  applyPointwise(minimumRow, [input, other]),
);

/** `input` kept between `min` and `max`, either of which may be missing. NaN stays. https://pytorch.org/docs/stable/generated/torch.clamp.html */
export const clamp = define(
  'clamp',
  [p.tensor('input'), optional(p.operand('min'), null), optional(p.operand('max'), null)],
  (input: Tensor, min: Operand | null, max: Operand | null): Tensor => {
    if (min === null && max === null) {
      throw new ArgumentError({ op: 'clamp', fact: 'neither min nor max is given', rule: 'at least one must be' });
    }
    // PyTorch names the step by the kind of its bounds.
    const gradName = min instanceof Tensor || max instanceof Tensor ? 'ClampBackward0' : 'ClampBackward1';
    if (max === null) return applyPointwise({ ...clampMinRow, gradName }, [input, min as Operand]);
    if (min === null) return applyPointwise({ ...clampMaxRow, gradName }, [input, max]);
    return applyPointwise({ ...clampRow, gradName }, [input, min, max]);
  },
);

/** One bound: the gradient goes to the input where it is inside (the bound included), else to the bound. */
function bound(name: 'clampMin' | 'clampMax', take: (a: number, b: number) => number, wgsl: string, int: string) {
  return row(name, { float: [take, wgsl], int: [take, int] }, (grad, { input, needs }) => {
    const [x, limit] = [input(0), input(1)];
    const outside = applyPointwise(lessRow, name === 'clampMin' ? [x, limit] : [limit, x]);
    return [where(outside, 0, grad), needs(1) ? where(outside, grad, 0) : null];
  });
}

const clampMinRow = bound('clampMin', nanMax, 'wg_maximum(a, b)', 'max(a, b)');
const clampMaxRow = bound('clampMax', nanMin, 'wg_minimum(a, b)', 'min(a, b)');

/** `input` kept at `min` or above; NaN stays. https://pytorch.org/docs/stable/generated/torch.clamp.html */
export const clampMin = define(
  'clampMin',
  [p.tensor('input'), p.operand('min')],
  (input: Tensor, min: Operand): Tensor =>
    applyPointwise({ ...clampMinRow, gradName: boundName('Min', min) }, [input, min]),
);

/** `input` kept at `max` or below; NaN stays. https://pytorch.org/docs/stable/generated/torch.clamp.html */
export const clampMax = define(
  'clampMax',
  [p.tensor('input'), p.operand('max')],
  (input: Tensor, max: Operand): Tensor =>
    applyPointwise({ ...clampMaxRow, gradName: boundName('Max', max) }, [input, max]),
);

function boundName(which: string, limit: Operand): string {
  return `Clamp${which}Backward${limit instanceof Tensor ? 1 : 0}`;
}

const nanRow = row('isnan', {
  float: [(a) => Number(a !== a), 'wg_is_nan(a)'],
  int: [() => 0, 'false'],
  result: 'test',
});

/** The larger or smaller of two, a number where the other is NaN. A tie gives the gradient to the first, as PyTorch. */
function numberExtremum(name: 'fmax' | 'fmin', take: (a: number, b: number) => number) {
  const whole = name === 'fmax' ? 'max(a, b)' : 'min(a, b)';
  const cpu = (a: number, b: number): number => (a !== a ? b : b !== b ? a : take(a, b));
  const table = row(name, { float: [cpu, `wg_${name}(a, b)`], int: [take, whole] }, (grad, { input }) => {
    const [x, y] = [input(0), input(1)];
    const beaten = applyPointwise(lessRow, name === 'fmax' ? [x, y] : [y, x]);
    const second = where(applyPointwise(nanRow, [y]), false, where(applyPointwise(nanRow, [x]), true, beaten));
    return [where(second, 0, grad), where(second, grad, 0)];
  });
  return define(name, [p.tensor('input'), operand], (input: Tensor, other: Operand): Tensor =>
    applyPointwise(table, [input, other]),
  );
}

/** The larger of two; of NaN and a number the number. https://pytorch.org/docs/stable/generated/torch.fmax.html */
export const fmax = numberExtremum('fmax', nanMax);
/** The smaller of two; of NaN and a number the number. https://pytorch.org/docs/stable/generated/torch.fmin.html */
export const fmin = numberExtremum('fmin', nanMin);

const clampRow = row(
  'clamp',
  {
    float: [(a, b, c) => Math.min(Math.max(a, b), c), 'wg_minimum(wg_maximum(a, b), c)'],
    int: [(a, b, c) => Math.min(Math.max(a, b), c), 'min(max(a, b), c)'],
  },
  (grad, { input, needs }) => {
    const [x, low, high] = [input(0), input(1), input(2)];
    const below = applyPointwise(lessRow, [x, low]);
    const above = applyPointwise(lessRow, [high, x]);
    const crossed = applyPointwise(lessRow, [high, low]);
    const inside = where(below, 0, where(above, 0, grad));
    return [
      inside,
      needs(1) ? where(below, where(crossed, 0, grad), 0) : null,
      needs(2) ? where(above, grad, where(below, where(crossed, grad, 0), 0)) : null,
    ];
  },
);

const lessRow = row('lt', {
  float: [(a, b) => (a < b ? 1 : 0), 'wg_lt(a, b)'],
  int: [(a, b) => (a < b ? 1 : 0), 'a < b'],
  result: 'test',
});
