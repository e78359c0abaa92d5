// What a random function of nn takes from the program's stream for a draw on the device.

import { effect } from '../core/capture.ts';
import type { DrawSeed } from '../ops/nn.ts';
import { defaultGenerator } from '../create/generator.ts';

/** What a draw on the device starts from: taken from the program's stream at each run, also of a compiled step. */
export function deviceDraw(): () => DrawSeed {
  let drawn: DrawSeed = { low: 0, high: 0, offset: 0 };
  effect(() => void (drawn = defaultGenerator.philoxSeed()));
  return () => drawn;
}
