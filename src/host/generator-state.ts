// The state of PyTorch's CPU generator as the bytes that torch.get_rng_state() answers, so that a state can be taken from one
// program to the other. Knows the layout of the bytes (little-endian, as PyTorch has it on every machine that runs it):
//   0     seed, uint64
//   8     words left until they are renewed, int32 (1 .. 624); 12 seeded, int32
//   16    the word that is handed out next, uint64
//   24    624 words, each a uint64
//   5016  three doubles: unused, the kept normal, unused
//   5040  whether a normal is kept, int32; then a kept float32 and its flag, which PyTorch never sets
// The first unused double holds how many draws on a device (Philox) were made: PyTorch writes 0 and does not read it.
// https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/CPUGeneratorImpl.cpp

import { ArgumentError } from '../errors.ts';
import { Mt19937, type Mt19937State } from './mt19937.ts';

const BYTES = 5056;
const WORDS = 24;
const SIZE = 624;
const NORMALS = WORDS + 8 * SIZE;

/** A stream and the draws on devices so far. */
export interface GeneratorState {
  readonly stream: Mt19937State;
  readonly draws: number;
}

/** Whether the words are those that the seed gave: PyTorch then says that word 0 is next. */
function isFresh({ seed, words }: Mt19937State): boolean {
  return new Mt19937(seed).getState().words.every((word, at) => word === words[at]);
}

/** The bytes of a state. */
export function stateBytes({ stream, draws }: GeneratorState): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  const { seed, words, next, keptNormal } = stream;
  view.setBigUint64(0, seed, true);
  // The last word was handed out: one is left, the renewal. After `next` of them, 625 - next.
  view.setInt32(8, SIZE + 1 - next, true);
  view.setInt32(12, 1, true);
  view.setBigUint64(16, BigInt(next === SIZE && isFresh(stream) ? 0 : next), true);
  words.forEach((word, at) => view.setBigUint64(WORDS + 8 * at, BigInt(word), true));
  view.setFloat64(NORMALS, draws, true);
  view.setFloat64(NORMALS + 8, keptNormal ?? 0, true);
  view.setInt32(NORMALS + 24, Number(keptNormal !== null), true);
  return bytes;
}

/** The state that bytes hold. */
export function stateOf(bytes: Uint8Array): GeneratorState {
  const broken = (fact: string): ArgumentError =>
    new ArgumentError({
      op: 'setRngState',
      fact,
      rule: `a state of PyTorch's CPU generator has ${BYTES} bytes`,
      cure: 'Pass what getRngState() answered.',
    });
  if (bytes.length !== BYTES) throw broken(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  const left = view.getInt32(8, true);
  if (view.getInt32(12, true) !== 1 || left < 1 || left > SIZE) throw broken('bytes that are no state');
  const words = Uint32Array.from({ length: SIZE }, (_, at) => view.getUint32(WORDS + 8 * at, true));
  const kept = view.getInt32(NORMALS + 24, true) !== 0;
  const stream = {
    seed: view.getBigUint64(0, true),
    words,
    next: SIZE + 1 - left,
    keptNormal: kept ? view.getFloat64(NORMALS + 8, true) : null,
  };
  return { stream, draws: view.getFloat64(NORMALS, true) };
}
