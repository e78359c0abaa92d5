// memory(): how many bytes the device holds.

import { getDefaultDevice } from './device.ts';
import type { Device, MemoryReport } from './graph.ts';

/**
 * Bytes on a device (the default one if none is given): `live` in values, `pooled` waiting for reuse, `peak` the most of
 * both together, and the number of resident values. All zero before the device is open.
 */
export function memory(device: Device = getDefaultDevice()): MemoryReport {
  return device.backend?.memory() ?? { live: 0, pooled: 0, peak: 0, tensors: 0 };
}
