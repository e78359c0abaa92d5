// Philox4x32-10, the counter-based generator that dropout uses on every device: integer arithmetic on the host, the
// same that the WGSL kernels do. Knows nothing of devices or tensors.
// J. Salmon, M. Moraes, R. Dror, D. Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011.
//
// The rule that host and shaders share, for element i (C order) of a draw with a 64-bit `seed` and a 64-bit `offset`:
//   key     = (seed low, seed high)
//   counter = (floor(i / 4), 0, offset low, offset high)
//   value   = philox4x32(counter, key)[i mod 4]          32 bits
//   uniform = (value >> 8) * 2^-24                       in [0, 1), exact in float32
// Each draw of a program takes an offset of its own, so that no counter is used twice; i stays below 2^32.

export type Words2 = readonly [number, number];
export type Words4 = readonly [number, number, number, number];

/** Multipliers of the two halves of a round. */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl steps of the key: the golden ratio and sqrt(3) - 1, in 32 bits. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/**
 * The high 32 bits of the 64-bit product of two 32-bit words, by halves of 16 bits (neither number nor u32 holds it).
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  // middle < 2^32, so that both halves of it are exact; the last sum is below 2^32 as well.
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** Ten rounds of Philox on four counter words under two key words; every word is 0 to 2^32 - 1, in and out. */
export function philox4x32(counter: Words4, key: Words2): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [key0, key1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, a);
    const low0 = Math.imul(MULTIPLIER_0, a) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c);
    const low1 = Math.imul(MULTIPLIER_1, c) >>> 0;
    a = (high1 ^ b ^ key0) >>> 0;
    b = low1;
    c = (high0 ^ d ^ key1) >>> 0;
    d = low0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  return [a, b, c, d];
}

/**
 * A whole number up to 2^53, or a bigint of up to 64 bits, as (low, high) words. Negative ones are two's complement.
 */
export function words64(value: number | bigint): [low: number, high: number] {
  const wide = BigInt.asUintN(64, BigInt(value));
  return [Number(wide & 0xffffffffn), Number(wide >> 32n)];
}

/** The four values of elements 4 * block to 4 * block + 3. */
function blockOf(block: number, seed: Words2, offset: Words2): [number, number, number, number] {
  return philox4x32([block >>> 0, 0, offset[0], offset[1]], seed);
}

/** The 32 bits of element `index` of the draw (seed, offset). */
export function philoxUint32(index: number, seedLow: number, seedHigh: number, offset: number | bigint): number {
  const words = blockOf(Math.floor(index / 4), [seedLow >>> 0, seedHigh >>> 0], words64(offset));
  return words[index % 4]!;
}

/** Fills `out` with the 32-bit values of elements 0, 1, 2, ... */
export function philoxFill(out: Uint32Array, seed: number | bigint, offset: number | bigint): void {
  const key = words64(seed);
  const start = words64(offset);
  for (let base = 0; base < out.length; base += 4) {
    const words = blockOf(base / 4, key, start);
    for (let lane = 0; lane < 4 && base + lane < out.length; lane++) out[base + lane] = words[lane]!;
  }
}

/** 32 bits as a float32 in [0, 1): the upper 24 of them, so that no rounding can reach 1. */
export function uniformOfUint32(value: number): number {
  return (value >>> 8) * 2 ** -24;
}

/** Fills `out` with uniforms in [0, 1) of elements 0, 1, 2, ... */
export function philoxUniform(out: Float32Array | Float64Array, seed: number | bigint, offset: number | bigint): void {
  const bits = new Uint32Array(out.length);
  philoxFill(bits, seed, offset);
  for (let i = 0; i < out.length; i++) out[i] = uniformOfUint32(bits[i]!);
}
