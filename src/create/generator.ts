// The random state of the program: PyTorch's generators by name, the default one, and the seeds of device draws.
// The draws themselves are in host/; tensors are made of them in random.ts.

import { ArgumentError } from '../errors.ts';
import { Mt19937 } from '../host/mt19937.ts';
import { words64 } from '../host/philox.ts';

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
