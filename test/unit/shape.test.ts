// Shapes, strides and layouts. Strides and views are PyTorch's answers.
import { describe, expect, test } from 'vitest';
import {
  broadcastShapes,
  contiguousStrides,
  dimensionOrder,
  expandStrides,
  formatShape,
  isContiguous,
  normalizeDim,
  normalizeDims,
  numelOf,
  pointwiseStrides,
  resolveSizes,
  sameShape,
  viewStrides,
} from '../../src/shape.ts';

const layout = (shape: readonly number[], strides: readonly number[]) => ({ shape, strides, offset: 0 });

test('sizes and strides of dense tensors', () => {
  expect([numelOf([]), numelOf([2, 3]), numelOf([2, 0])]).toEqual([1, 6, 0]);
  expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(contiguousStrides([2, 0, 3])).toEqual([3, 3, 1]);
  expect(contiguousStrides([])).toEqual([]);
  expect([sameShape([1, 2], [1, 2]), sameShape([1, 2], [1]), sameShape([], [])]).toEqual([true, false, true]);
  expect([formatShape([]), formatShape([3]), formatShape([2, 3])]).toEqual(['()', '(3,)', '(2, 3)']);
});

test('C order and density; dimensions of length 1 do not matter', () => {
  expect(isContiguous([2, 3], [3, 1])).toBe(true);
  expect(isContiguous([2, 3], [1, 2])).toBe(false);
  expect(isContiguous([3, 1], [1, 77])).toBe(true);
  expect(isContiguous([2, 0], [5, 5])).toBe(true);
  expect(dimensionOrder([2, 3, 4], [1, 8, 2])).toEqual([1, 2, 0]);
});

test('dims from either end', () => {
  expect([
    normalizeDim('op', -1, 3),
    normalizeDim('op', 2, 3),
    normalizeDim('op', 0, 0),
    normalizeDim('op', -1, 0),
  ]).toEqual([2, 2, 0, 0]);
  expect(normalizeDims('op', null, 3)).toEqual([0, 1, 2]);
  expect(normalizeDims('op', [2, 0], 3)).toEqual([0, 2]);
  expect(normalizeDims('op', [], 2)).toEqual([0, 1]);
  expect(normalizeDims('op', 0, 0)).toEqual([]);
  expect(() => normalizeDim('sum', 3, 3)).toThrow(
    '[sum] dim 3 is out of range for a tensor of 3 dimensions: dim must be an integer from -3 to 2.',
  );
  expect(() => normalizeDim('sum', 1, 1)).toThrow(
    '[sum] dim 1 is out of range for a tensor of 1 dimension: dim must be an integer from -1 to 0.',
  );
  expect(() => normalizeDims('sum', [1, -1], 2)).toThrow(
    '[sum] dim (1, -1) names a dimension twice: each may appear once.',
  );
});

test('broadcasting', () => {
  expect(broadcastShapes('add', [2, 1], [3])).toEqual([2, 3]);
  expect(broadcastShapes('add', [], [2, 3])).toEqual([2, 3]);
  expect(broadcastShapes('add', [1, 3], [0, 1])).toEqual([0, 3]);
  expect(broadcastShapes('where', [4, 1, 1], [3, 1], [2])).toEqual([4, 3, 2]);
  expect(() => broadcastShapes('add', [2, 3], [4])).toThrow(/^\[add\] \(2, 3\) .*\(4,\)/);
  expect(() => broadcastShapes('add', [0], [2])).toThrow('[add]');
  expect(expandStrides([3, 1], [1, 1], [2, 3, 4])).toEqual([0, 1, 0]);
});

test('sizes with one open', () => {
  expect(resolveSizes('reshape', [3, -1], [2, 6])).toEqual([3, 4]);
  expect(resolveSizes('reshape', [], [1, 1])).toEqual([]);
  expect(() => resolveSizes('reshape', [0, -1], [0])).toThrow('[reshape]');
  expect(() => resolveSizes('reshape', [5, -1], [3, 4])).toThrow(
    '[reshape] (3, 4) as (5, -1): 12 elements do not fit: the number of elements must stay the same.',
  );
});

// Each row: shape, strides, wanted shape, PyTorch's strides of view() (null where it refuses).
test.each([
  [[3, 4], [4, 1], [12], [1]],
  [
    [3, 4],
    [4, 1],
    [2, 6],
    [6, 1],
  ],
  [
    [4, 3],
    [1, 4],
    [2, 2, 3],
    [2, 1, 4],
  ],
  [[4, 3], [1, 4], [12], null],
  [[3, 2], [4, 1], [6], null],
  [
    [3, 2],
    [4, 1],
    [3, 2, 1],
    [4, 1, 1],
  ],
  [[2, 4], [8, 1], [8], null],
  [[1, 3, 1], [12, 4, 4], [3], [4]],
  [[], [], [1, 1], [1, 1]],
  [
    [2, 3],
    [0, 1],
    [2, 3, 1],
    [0, 1, 1],
  ],
] as const)('view of %j with strides %j as %j', (shape, strides, target, wanted) => {
  expect(viewStrides(shape, strides, target)).toEqual(wanted);
});

describe('strides of pointwise results', () => {
  // Each row: the shape of the result, the layouts of the inputs, PyTorch's strides.
  test.each([
    [[4, 3], [layout([4, 3], [1, 4])], [1, 4]],
    [
      [4, 3],
      [layout([4, 3], [1, 4]), layout([4, 3], [3, 1])],
      [1, 4],
    ],
    [
      [4, 3],
      [layout([4, 3], [3, 1]), layout([4, 3], [1, 4])],
      [3, 1],
    ],
    [
      [4, 3],
      [layout([4, 1], [1, 1]), layout([4, 3], [1, 4])],
      [1, 4],
    ],
    [[3, 2], [layout([3, 2], [4, 2])], [2, 1]],
    [[3, 4], [layout([3, 4], [1, 0])], [4, 1]],
    [[4, 2, 3], [layout([4, 2, 3], [1, 12, 4])], [1, 12, 4]],
    [
      [2, 3],
      [layout([2, 3], [3, 1]), layout([], [])],
      [3, 1],
    ],
  ] as const)('%j', (shape, inputs, wanted) => {
    expect(pointwiseStrides(shape, inputs)).toEqual(wanted);
  });
});
