// The Mersenne Twister that PyTorch's CPU generator is made of: 32-bit and 64-bit draws, the kept second normal, and
// a state that can be cloned. Knows nothing of distributions, arrays or tensors.
// M. Matsumoto, T. Nishimura: Mersenne Twister, ACM TOMACS 8(1), 1998 (MT19937).

import { ArgumentError } from '../errors.ts';

/** Words of state (the degree of the recurrence). */
const SIZE = 624;
/** The recurrence joins word k with word k + MIDDLE. */
const MIDDLE = 397;
const UPPER_BIT = 0x80000000;
const LOWER_BITS = 0x7fffffff;
const MATRIX = 0x9908b0df;

/** Everything a generator is, as a plain object: it survives `structuredClone` and can be posted to a worker. */
export interface Mt19937State {
  /** The seed as PyTorch's `initial_seed()` reports it: an unsigned 64-bit number. */
  readonly seed: bigint;
  /** 624 words of 32 bits. */
  readonly words: Uint32Array;
  /** The word that is handed out next; 624 when the words must be renewed first. */
  readonly next: number;
  /** The second normal of a Box-Muller pair whose first has been handed out, or null. */
  readonly keptNormal: number | null;
}

/**
 * PyTorch takes seeds from -2^63 to 2^64 - 1 and reads negative ones as two's complement; the twister then uses the
 * low 32 bits. https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
function unsignedSeed(seed: number | bigint): bigint {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new ArgumentError({
      op: 'manualSeed',
      fact: `seed ${seed}`,
      rule: 'a seed is an integer',
      cure: 'Write seeds beyond 2^53 as bigint: 12345678901234567890n.',
    });
  }
  const wide = BigInt(seed);
  if (wide < -(1n << 63n) || wide >= 1n << 64n) {
    throw new ArgumentError({
      op: 'manualSeed',
      fact: `seed ${wide}`,
      rule: 'a seed lies between -2^63 and 2^64 - 1',
    });
  }
  return BigInt.asUintN(64, wide);
}

/** One stream of random integers, the same as that of PyTorch's CPU generator after `manual_seed(seed)`. */
export class Mt19937 {
  /**
   * PyTorch has a slot for a double and one for a float; its CPU paths draw all single normals (fewer than 16 values of
   * any dtype, logNormal) in double, so that only the double slot is ever filled.
   */
  keptNormal: number | null = null;

  #seed = 0n;
  #words = new Uint32Array(SIZE);
  #next = SIZE;

  /** Without a seed, the one that a new `torch.Generator()` has. */
  constructor(seed: number | bigint = 67280421310721) {
    this.manualSeed(seed);
  }

  /** The seed of the stream, unsigned 64 bits: -1 reads as 2^64 - 1. */
  get initialSeed(): bigint {
    return this.#seed;
  }

  /** Starts the stream of `seed`; a kept normal is forgotten. */
  manualSeed(seed: number | bigint): void {
    this.#seed = unsignedSeed(seed);
    const words = this.#words;
    words[0] = Number(BigInt.asUintN(32, this.#seed));
    for (let k = 1; k < SIZE; k++) {
      const before = words[k - 1]!;
      // Knuth's multiplier of 2002: x(k) = 1812433253 (x(k-1) ^ (x(k-1) >> 30)) + k, modulo 2^32.
      words[k] = Math.imul(1812433253, before ^ (before >>> 30)) + k;
    }
    this.#next = SIZE;
    this.keptNormal = null;
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  random(): number {
    if (this.#next >= SIZE) this.#renew();
    let y = this.#words[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** The next 64 bits: two outputs, the high word first. */
  random64(): bigint {
    const high = this.random();
    const low = this.random();
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** The low 53 bits of the next 64-bit draw, which a JavaScript number holds exactly. */
  random53(): number {
    const high = this.random();
    const low = this.random();
    return (high & 0x1fffff) * 0x100000000 + low;
  }

  /** A copy of the state; it does not change when the generator goes on. */
  getState(): Mt19937State {
    return { seed: this.#seed, words: this.#words.slice(), next: this.#next, keptNormal: this.keptNormal };
  }

  /** Goes on where `state` was taken. */
  setState(state: Mt19937State): void {
    if (state.words.length !== SIZE || !(state.next >= 0 && state.next <= SIZE)) {
      throw new ArgumentError({
        op: 'setState',
        fact: `a state of ${state.words.length} words, the next one ${state.next}`,
        rule: `an MT19937 state has ${SIZE} words`,
        cure: 'Pass what getState() returned.',
      });
    }
    this.#seed = state.seed;
    this.#words = Uint32Array.from(state.words);
    this.#next = state.next;
    this.keptNormal = state.keptNormal;
  }

  /** A generator with the same future, independent of this one. */
  clone(): Mt19937 {
    const twin = new Mt19937(this.#seed);
    twin.setState(this.getState());
    return twin;
  }

  /** All 624 words one recurrence further: x(k + 624) = x(k + 397) ^ A(upper bit of x(k), lower bits of x(k + 1)). */
  #renew(): void {
    const words = this.#words;
    for (let k = 0; k < SIZE; k++) {
      const joined = (words[k]! & UPPER_BIT) | (words[(k + 1) % SIZE]! & LOWER_BITS);
      words[k] = words[(k + MIDDLE) % SIZE]! ^ (joined >>> 1) ^ (joined & 1 ? MATRIX : 0);
    }
    this.#next = 0;
  }
}
