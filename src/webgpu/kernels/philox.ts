// Uniform numbers on the GPU, four of a Philox counter a thread.

import template from '../../../shaders/philox.wgsl?raw';
import { begin, sizeOf } from '../record.ts';
import { assemble } from '../shader.ts';
import type { KernelCall } from './call.ts';

/** The inputs are the two words of the seed and the offset of the counter. */
export function runPhilox({ recorder, inputs, outputs }: KernelCall): void {
  const size = sizeOf(outputs[0]);
  const call = { key: 'philox', source: () => assemble(template), access: 'w' };
  const parameters = [size, begin(outputs[0]), ...inputs.map((input) => recorder.number(input, 'i32'))];
  recorder.run({ ...call, parameters, buffers: [outputs[0].place] }, Math.ceil(size / 4));
}
