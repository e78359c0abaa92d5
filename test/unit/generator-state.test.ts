// The state of the generator against the bytes of PyTorch 1.13's torch.get_rng_state() (test/golden/draws.json).
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import golden from '../golden/draws.json';
import * as draw from '../../src/host/draw.ts';
import { stateBytes, stateOf } from '../../src/host/generator-state.ts';
import { Mt19937 } from '../../src/host/mt19937.ts';

const runs: Readonly<Record<string, (mt: Mt19937) => void>> = {
  'randn(3)': (mt) => draw.normal(mt, new Float32Array(3)),
  nothing: () => undefined,
  'rand(1)': (mt) => draw.uniform(mt, new Float32Array(1)),
  'rand(624)': (mt) => draw.uniform(mt, new Float32Array(624)),
  'rand(700)': (mt) => draw.uniform(mt, new Float32Array(700)),
};

test.each(golden.states)("after $after: PyTorch's bytes, and back", ({ after, sha256, next }) => {
  const mt = new Mt19937(golden.stateSeed);
  runs[after](mt);
  const bytes = stateBytes({ stream: mt.getState(), draws: 0 });
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  const other = new Mt19937(1);
  other.setState(stateOf(bytes).stream);
  expect(other.getState()).toEqual(mt.getState());
  const numbers = new Float32Array(3);
  draw.uniform(other, numbers);
  expect(Array.from(numbers)).toEqual(next);
});

test("PyTorch's own bytes are read, the kept normal among them", () => {
  const bytes = new Uint8Array(Buffer.from(golden.bytes, 'base64'));
  const { stream, draws } = stateOf(bytes);
  expect([stream.seed, draws, stream.keptNormal !== null]).toEqual([BigInt(golden.stateSeed), 0, true]);
  expect(stateBytes({ stream, draws })).toEqual(bytes);
});
