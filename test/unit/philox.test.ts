// Philox4x32-10 on the host: the known answers of the Random123 library, and the rule that the shaders share.
import { expect, test } from 'vitest';
import { knownAnswers } from '../support/philox.ts';
import {
  philox4x32,
  philoxFill,
  philoxUint32,
  philoxUniform,
  uniformOfUint32,
  words64,
} from '../../src/host/philox.ts';
import type { Words2, Words4 } from '../../src/host/philox.ts';

const ONES = 0xffffffff;

test.each(knownAnswers)('known answer: %s', (_name, counter, key, expected) => {
  expect(philox4x32(counter, key)).toEqual(expected);
});

/** The same ten rounds in 64-bit products, as the paper writes them. */
function reference(counter: Words4, key: Words2): number[] {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * a;
    const p1 = 0xcd9e8d57n * c;
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & 0xffffffffn, (p0 >> 32n) ^ d ^ k1, p0 & 0xffffffffn];
    k0 = (k0 + 0x9e3779b9n) & 0xffffffffn;
    k1 = (k1 + 0xbb67ae85n) & 0xffffffffn;
  }
  return [a, b, c, d].map(Number);
}

test('products by halves equal 64-bit products', () => {
  let words: [number, number, number, number] = [1, 2, 3, 4];
  for (let i = 0; i < 500; i++) {
    const next = philox4x32(words, [words[3], words[1]]);
    expect(next).toEqual(reference(words, [words[3], words[1]]));
    words = next;
  }
});

test('element i is lane i mod 4 of block floor(i / 4), keyed by the seed, counted by the offset', () => {
  const seed = 0x1_2345_6789_abcdn;
  const offset = 2 ** 33 + 7;
  const [low, high] = words64(seed);
  expect([low, high]).toEqual([0x6789abcd, 0x12345]);
  const out = new Uint32Array(11);
  philoxFill(out, seed, offset);
  for (let i = 0; i < out.length; i++) {
    const block = philox4x32([i >> 2, 0, 7, 2], [low, high]);
    expect(out[i]).toBe(block[i & 3]);
    expect(philoxUint32(i, low, high, offset)).toBe(out[i]);
  }
  expect(philoxUint32(2 ** 31 + 5, low, high, 0)).toBe(philox4x32([2 ** 29 + 1, 0, 0, 0], [low, high])[1]);
});

test('uniforms lie in [0, 1), are exact in float32, and have mean 1/2 and variance 1/12', () => {
  expect([uniformOfUint32(0), uniformOfUint32(255), uniformOfUint32(256)]).toEqual([0, 0, 2 ** -24]);
  expect(uniformOfUint32(ONES)).toBe(1 - 2 ** -24);
  const out = new Float32Array(100_000);
  philoxUniform(out, 3, 1);
  const wide = new Float64Array(100_000);
  philoxUniform(wide, 3, 1);
  expect(out.every((value, i) => value === wide[i] && value >= 0 && value < 1)).toBe(true);
  const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
  const variance = out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / out.length;
  // Five standard errors: sqrt(1 / 12 / n) = 0.0009, and sqrt(1 / 180 / n) = 0.00024 for the variance.
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.0046);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0012);
});
