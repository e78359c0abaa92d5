// How a call is bound to a signature list: positions, options, variadic sizes, and what each mistake is told.
import { expect, test } from 'vitest';
import { bind, define, optional, p } from '../../src/core/signature.ts';

const sum = [
  p.number('input'),
  optional(p.dims('dim'), null),
  optional(p.bool('keepdim'), false),
  optional(p.dtype('dtype'), null),
] as const;
const zeros = [p.sizes('size'), optional(p.dtype('dtype'), null), optional(p.bool('requiresGrad'), false)] as const;

test('by position, by name, and mixed', () => {
  const wanted = [5, 1, true, null];
  expect(bind('sum', sum, [5, 1, true])).toEqual(wanted);
  expect(bind('sum', sum, [5, 1, { keepdim: true }])).toEqual(wanted);
  expect(bind('sum', sum, [5, { dim: 1, keepdim: true }])).toEqual(wanted);
  expect(bind('sum', sum, [{ input: 5, dim: 1, keepdim: true }])).toEqual(wanted);
  expect(bind('sum', sum, [5, 1, true, {}])).toEqual(wanted);
});

test("NumPy's names of dim and keepdim", () => {
  expect(bind('sum', sum, [5, { axis: 1, keepdims: true }])).toEqual([5, 1, true, null]);
  expect(bind('f', [p.int('axis'), optional(p.int('dim'), 0)], [{ axis: 1 }])).toEqual([1, 0]);
});

test('missing, undefined and null', () => {
  expect(bind('sum', sum, [5])).toEqual([5, null, false, null]);
  expect(bind('sum', sum, [5, undefined, undefined])).toEqual([5, null, false, null]);
  expect(bind('sum', sum, [5, null])).toEqual([5, null, false, null]);
  expect(bind('sum', sum, [5, { dim: undefined }])).toEqual([5, null, false, null]);
  expect(() => bind('sum', sum, [5, 1, null])).toThrow('[sum] keepdim is null: it must be true or false.');
});

test('sizes apart or as one list', () => {
  expect(bind('zeros', zeros, [2, 3])).toEqual([[2, 3], null, false]);
  expect(bind('zeros', zeros, [[2, 3]])).toEqual([[2, 3], null, false]);
  expect(bind('zeros', zeros, [2, 3, { dtype: 'int32' }])).toEqual([[2, 3], 'int32', false]);
  expect(bind('zeros', zeros, [[2], 'int32', true])).toEqual([[2], 'int32', true]);
  expect(bind('zeros', zeros, [])).toEqual([[], null, false]);
  expect(bind('zeros', zeros, [{ dtype: 'bool' }])).toEqual([[], 'bool', false]);
  expect(bind('zeros', zeros, [{ size: [4] }])).toEqual([[4], null, false]);
  expect(() => bind('zeros', zeros, [2, 1.5])).toThrow(
    '[zeros] size is [2, 1.5]: it must be integers or a list of integers.',
  );
});

test.each([
  [[], '[sum] input is missing: it must be a number.'],
  [['5'], "[sum] input is '5': it must be a number."],
  [[5, 'a'], "[sum] dim is 'a': it must be a dimension or a list of dimensions."],
  [[5, [0, 'a']], "[sum] dim is [0, 'a']: it must be a dimension or a list of dimensions."],
  [[5, 0, 1], '[sum] keepdim is 1: it must be true or false.'],
  [[5, 0, true, 'half'], "[sum] dtype is 'half': it must be a dtype."],
  [[5, 0, true, null, 7], '[sum] 5 arguments: at most 4: input, dim, keepdim, dtype.'],
  [[5, 0, { dim: 1 }], '[sum] dim is given twice: once by position and once by name.'],
  [
    [5, { keep_dim: true }],
    '[sum] unknown option keep_dim: the options are dim, keepdim, dtype. Did you mean keepdim?',
  ],
  [[5, { keepDim: true }], '[sum] unknown option keepDim: the options are dim, keepdim, dtype. Did you mean keepdim?'],
  [[5, { axes: 1 }], '[sum] unknown option axes: the options are dim, keepdim, dtype.'],
  [[5, 0, { axis: 1 }], '[sum] dim is given twice: once by position and once by name.'],
  [[5, { dim: 0, axis: 1 }], '[sum] unknown option axis: the options are dim, keepdim, dtype. Did you mean dim?'],
  [[5, { dim: 'a' }], "[sum] dim is 'a': it must be a dimension or a list of dimensions."],
  [[Promise.resolve(1)], '[sum] input is a promise: it must be a number. Await it first.'],
  [[new Map()], '[sum] input is a Map: it must be a number.'],
  [[() => 1], '[sum] input is a function: it must be a number.'],
] as const)('%# says what is wrong', (args, message) => {
  expect(() => bind('sum', sum, args)).toThrow(expect.objectContaining({ name: 'ArgumentError', message }));
});

test('a plain object is a value where the parameter takes one', () => {
  const value = { ...p.custom<object>()('config', 'an object', (v) => typeof v === 'object'), mapping: true };
  expect(bind('f', [value, optional(p.int('n'), 0)], [{ a: 1 }])).toEqual([{ a: 1 }, 0]);
  expect(bind('f', [value, optional(p.int('n'), 0)], [{ a: 1 }, { n: 2 }])).toEqual([{ a: 1 }, 2]);
});

test('a defined function has its name and its list', () => {
  const scale = define('scale', [p.number('input'), optional(p.number('factor'), 2)], (x, factor) => x * factor);
  expect([scale.name, scale.signature.map((one) => one.name)]).toEqual(['scale', ['input', 'factor']]);
  expect([scale(3), scale(3, 4), scale(3, { factor: 5 })]).toEqual([6, 12, 15]);
});
