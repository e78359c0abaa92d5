// The random state of the program: PyTorch's generators by name, the default one, and the seeds of device draws.
// The draws themselves are in host/; tensors are made of them in random.ts.

import { resolveDevice } from '../device.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import { stateBytes, stateOf } from '../host/generator-state.ts';
import { Mt19937 } from '../host/mt19937.ts';
import { words64 } from '../host/philox.ts';
import { define, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { hostNow } from '../read.ts';
import { leaf } from './create.ts';

/** A stream of random numbers, PyTorch's MT19937 for the CPU. https://pytorch.org/docs/stable/generated/torch.Generator.html */
export class Generator {
  /** The host stream. */
  readonly mt: Mt19937 = new Mt19937();
  private draws = 0;

  /** Starts the stream anew from `seed`. */
  manualSeed(seed: number | bigint): this {
    if (typeof seed !== 'bigint' && !Number.isInteger(seed)) {
      throw new ArgumentError({ op: 'manualSeed', fact: `seed is ${String(seed)}`, rule: 'it must be an integer' });
    }
    this.mt.manualSeed(seed);
    this.draws = 0;
    return this;
  }

  /** The seed that the stream started from. */
  initialSeed(): bigint {
    return this.mt.initialSeed;
  }

  /** Starts the stream anew from a seed that nobody knows beforehand, and answers it. */
  seed(): bigint {
    const [low, high] = crypto.getRandomValues(new Uint32Array(2));
    const seed = (BigInt(high) << 32n) | BigInt(low);
    this.manualSeed(seed);
    return seed;
  }

  /** Where the stream is, as PyTorch's bytes: a uint8 tensor on the CPU device. */
  getState(): Tensor {
    const bytes = stateBytes({ stream: this.mt.getState(), draws: this.draws });
    return leaf('getState', bytes, [bytes.length], 'uint8', resolveDevice('cpu'), false);
  }

  /** Goes on where such bytes were taken. */
  setState(state: Tensor): this {
    if (state.dtype !== 'uint8')
      throw new DTypeError({ op: 'setState', fact: `dtype ${state.dtype}`, rule: 'a state is a uint8 tensor' });
    const bytes = hostNow(state, {
      op: 'setState',
      fact: 'a state that was computed on a device',
      rule: 'the generator is on the host, so its state must be there',
      cure: 'Use await state.cpu().',
    });
    const { stream, draws } = stateOf(bytes as Uint8Array);
    this.mt.setState(stream);
    this.draws = draws;
    return this;
  }

  /** The seed and a fresh offset for one draw on a device (Philox); the host stream does not move. */
  philoxSeed(): { readonly low: number; readonly high: number; readonly offset: number } {
    const [low, high] = words64(this.mt.initialSeed);
    return { low, high, offset: this.draws++ };
  }
}

/** The stream of everything that is not given a generator. */
export const defaultGenerator = new Generator();

/** Starts the default stream anew; the same seed gives PyTorch's numbers. https://pytorch.org/docs/stable/generated/torch.manual_seed.html */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/** The seed of the default stream. https://pytorch.org/docs/stable/generated/torch.initial_seed.html */
export function initialSeed(): bigint {
  return defaultGenerator.initialSeed();
}

/** Starts the default stream anew from a seed that nobody knows beforehand, and answers it. https://pytorch.org/docs/stable/generated/torch.seed.html */
export function seed(): bigint {
  return defaultGenerator.seed();
}

/** Where the default stream is, as PyTorch's bytes. https://pytorch.org/docs/stable/generated/torch.get_rng_state.html */
export const getRngState = define('getRngState', [], (): Tensor => defaultGenerator.getState());

/** Lets the default stream go on where such bytes were taken. https://pytorch.org/docs/stable/generated/torch.set_rng_state.html */
export const setRngState = define('setRngState', [p.tensor('newState')], (newState: Tensor): void => {
  defaultGenerator.setState(newState);
});
