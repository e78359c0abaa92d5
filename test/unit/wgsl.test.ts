// The text of GPU programs, without a GPU: fewer dimensions, coordinates, hooks, the prelude's functions that a program
// needs, and whole pointwise programs as they are handed to WebGPU.
import { expect, test } from 'vitest';
import pointwiseTemplate from '../../shaders/pointwise.wgsl?raw';
import { collapse, coordinates, placeOf } from '../../src/webgpu/collapse.ts';
import { type Formula, runPointwise } from '../../src/webgpu/kernels/pointwise.ts';
import { type Machine, type View, type Word, words, type ProgramCall } from '../../src/webgpu/machine.ts';
import { assemble, preludeFor } from '../../src/webgpu/shader.ts';

/** Comments, blank lines and indentation aside, as they cost nothing. */
const bare = (text: string): string =>
  text
    .replace(/\/\/[^\n]*/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
    .join('\n');

/** The program and parameters that a pointwise kernel runs with. */
function pointwise(
  formula: Formula,
  inputs: Parameters<typeof runPointwise>[2],
  output: View,
): { text: string; parameters: readonly Word[]; key: string } {
  let seen: { text: string; parameters: readonly Word[]; key: string } | undefined;
  const machine = {
    run: ({ key, source, parameters }: ProgramCall) => (seen = { text: bare(source()), parameters, key }),
  };
  runPointwise(machine as unknown as Machine, formula, inputs, output);
  if (seen === undefined) throw new Error('nothing ran');
  return seen;
}

function view(
  shape: readonly number[],
  strides: readonly number[],
  dtype: View['dtype'] = 'float32',
  offset = 0,
): View {
  return { buffer: {} as View['buffer'], shape, strides, dtype, offset };
}

const add: Formula = { name: 'add.float', text: 'a + b', test: false };

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

test('coordinates and places', () => {
  expect(coordinates('i', 1)).toBe('let c0 = i;');
  expect(coordinates('i', 3).split('\n')).toMatchInlineSnapshot(`
    [
      "let c2 = i % params.n2;",
      "let c_rest2 = i / params.n2;",
      "let c1 = c_rest2 % params.n1;",
      "let c_rest1 = c_rest2 / params.n1;",
      "let c0 = c_rest1;",
    ]
  `);
  expect(placeOf('a', 2)).toBe('c0 * params.a0 + c1 * params.a1');
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
  expect(names).toEqual(expect.arrayContaining(['wg_pow', 'wg_exp', 'wg_is_nan']));
  expect(names).not.toContain('wg_lgamma');
  expect(declared('wg_unknown(a)')).toEqual([]);
});

test('the plain template is a whole program', () => {
  expect(bare(assemble(pointwiseTemplate))).toMatchInlineSnapshot(`
    "struct Params {
      size: u32,
      offset_a: u32,
      offset_out: u32,
    }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> in_a: array<f32>;
    @group(0) @binding(2) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
      let i = thread.x + thread.y * groups.x * 64u;
      if (i >= params.size) {
        return;
      }
      let a = in_a[params.offset_a + i];
      let value = a;
      out[params.offset_out + i] = value;
    }"
  `);
});

test('two dense inputs: one index for all', () => {
  const dense = view([2, 3], [3, 1]);
  const { text, parameters } = pointwise(add, [dense, view([2, 3], [3, 1], 'float32', 12)], dense);
  expect(text).toMatchInlineSnapshot(`
    "struct Params {
      size: u32,
      offset_a: u32,
      offset_b: u32,
      offset_out: u32,
    }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> in_a: array<f32>;
    @group(0) @binding(2) var<storage, read> in_b: array<f32>;
    @group(0) @binding(3) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
      let i = thread.x + thread.y * groups.x * 64u;
      if (i >= params.size) {
        return;
      }
      let a = in_a[params.offset_a + i];
      let b = in_b[params.offset_b + i];
      let value = a + b;
      out[params.offset_out + i] = value;
    }"
  `);
  expect(parameters).toEqual([6, 0, 12, 0]);
});

test('a transposed input: coordinates; the shape is data', () => {
  const { text, parameters, key } = pointwise(add, [view([2, 3], [3, 1]), view([2, 3], [1, 2])], view([2, 3], [3, 1]));
  expect(text).toMatchInlineSnapshot(`
    "struct Params {
      size: u32,
      n1: u32,
      offset_a: u32,
      offset_b: u32,
      b0_: u32,
      b1_: u32,
      offset_out: u32,
    }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> in_a: array<f32>;
    @group(0) @binding(2) var<storage, read> in_b: array<f32>;
    @group(0) @binding(3) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
      let i = thread.x + thread.y * groups.x * 64u;
      if (i >= params.size) {
        return;
      }
      let c1 = i % params.n1;
      let c_rest1 = i / params.n1;
      let c0 = c_rest1;
      let a = in_a[params.offset_a + i];
      let b = in_b[params.offset_b + c0 * params.b0_ + c1 * params.b1_];
      let value = a + b;
      out[params.offset_out + i] = value;
    }"
  `);
  expect(parameters).toMatchInlineSnapshot(`
    [
      6,
      3,
      0,
      0,
      1,
      2,
      0,
    ]
  `);
  const larger = pointwise(add, [view([20, 30], [30, 1]), view([20, 30], [1, 20])], view([20, 30], [30, 1]));
  expect([larger.text, larger.key]).toEqual([text, key]);
});

test('a number of the user is a parameter, never text', () => {
  const x = view([5], [1]);
  const one = pointwise(add, [x, { number: 0.1, dtype: 'float32' }], x);
  const other = pointwise(add, [x, { number: 7, dtype: 'float32' }], x);
  expect([one.text, one.key]).toEqual([other.text, other.key]);
  expect(one.text).toMatchInlineSnapshot(`
    "struct Params {
      size: u32,
      offset_a: u32,
      number_b: f32,
      offset_out: u32,
    }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> in_a: array<f32>;
    @group(0) @binding(2) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
      let i = thread.x + thread.y * groups.x * 64u;
      if (i >= params.size) {
        return;
      }
      let a = in_a[params.offset_a + i];
      let b = params.number_b;
      let value = a + b;
      out[params.offset_out + i] = value;
    }"
  `);
  expect(new Float32Array(words(one.parameters).buffer)[2]).toBe(Math.fround(0.1));
});

test('truth is stored as 0 or 1, uint8 modulo 256', () => {
  const less: Formula = { name: 'lt.float', text: 'wg_lt(a, b)', test: true };
  const x = view([5], [1]);
  expect(pointwise(less, [x, x], view([5], [1], 'bool')).text).toContain('let value = select(0, 1, wg_lt(a, b));');
  const sum: Formula = { name: 'add.int', text: 'a + b', test: false };
  const byte = view([5], [1], 'uint8');
  const { text } = pointwise(sum, [byte, byte], byte);
  expect(text).toContain('let value = (a + b) & 255;');
  expect(text).toContain('array<i32>');
});

test('words: floats by their bits, negative strides wrap', () => {
  expect([...words([1, -1, { float: 1 }])]).toEqual([1, 0xffffffff, 0x3f800000]);
});
