// The text of GPU programs, without a GPU: fewer dimensions, coordinates, hooks, the prelude's functions that a program
// needs. Whole kernels are in plans.test.ts.
import { expect, test } from 'vitest';
import { collapse, coordinates } from '../../src/webgpu/collapse.ts';
import { assemble, preludeFor } from '../../src/webgpu/shader.ts';

test('dimensions that lie behind each other become one', () => {
  expect(collapse([2, 3, 4], [[12, 4, 1]])).toEqual({ shape: [24], strides: [[1]] });
  expect(
    collapse(
      [2, 3, 4],
      [
        [12, 4, 1],
        [12, 4, 1],
      ],
    ),
  ).toEqual({ shape: [24], strides: [[1], [1]] });
  expect(
    collapse(
      [2, 3],
      [
        [3, 1],
        [1, 2],
      ],
    ),
  ).toEqual({
    shape: [2, 3],
    strides: [
      [3, 1],
      [1, 2],
    ],
  });
  expect(
    collapse(
      [4, 3, 5],
      [
        [15, 5, 1],
        [0, 5, 1],
      ],
    ),
  ).toEqual({
    shape: [4, 15],
    strides: [
      [15, 1],
      [0, 1],
    ],
  });
  expect(collapse([1, 3, 1], [[9, 1, 7]])).toEqual({ shape: [3], strides: [[1]] });
  expect(collapse([], [[], []])).toEqual({ shape: [1], strides: [[0], [0]] });
  expect(collapse([3, 4], [[0, 0]])).toEqual({ shape: [12], strides: [[0]] });
});

test('coordinates', () => {
  const size = (dim: number) => `n${dim}`;
  expect(coordinates('i', 1, size)).toEqual(['let c0 = i;']);
  expect(coordinates('i', 3, size)).toEqual([
    'let c_rest2 = i / n2;',
    'let c2 = i - c_rest2 * n2;',
    'let c0 = c_rest2 / n1;',
    'let c1 = c_rest2 - c0 * n1;',
  ]);
});

test('hooks are filled, emptied or left at their plain text', () => {
  const template = 'one\n  // #hook A\n  plain a\n  // #end\ntwo\n// #hook B\nplain b\n// #end\nthree\n';
  expect(assemble(template)).toBe('one\n  plain a\ntwo\nplain b\nthree\n');
  expect(assemble(template, { A: 'x\ny', B: '' })).toBe('one\n  x\n  y\ntwo\nthree\n');
  expect(() => assemble(template, { C: '' })).toThrow('the template has no hook C');
});

test('a program gets the functions of the prelude that it needs, each once, and no more', () => {
  const declared = (text: string): string[] =>
    [...preludeFor(text).matchAll(/^(?:fn|const) (wg_\w+)/gm)].map((match) => match[1]);
  expect(declared('a + b')).toEqual([]);
  expect(declared('wg_is_nan(a)')).toMatchInlineSnapshot(`
    [
      "wg_magnitude_bits",
      "wg_infinity_bits",
      "wg_is_nan",
    ]
  `);
  const names = declared('wg_pow(a, b) + wg_exp(a)');
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['wg_pow', 'wg_exp', 'wg_log_pair']));
  expect(names).not.toContain('wg_lgamma');
  expect(declared('wg_unknown(a)')).toEqual([]);
});
