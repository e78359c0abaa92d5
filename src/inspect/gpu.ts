// gpu: questions about the GPU, as torch.cuda answers them. Whether there is one is known when it is open, so these answers are
// promises; memory is that of the device as it is now. https://pytorch.org/docs/stable/cuda.html

import { getDefaultDevice, resolveDevice } from '../device.ts';
import { flushPending } from '../core/flush.ts';
import type { Backend } from '../core/graph.ts';

/** The GPU's backend where it is open. */
function opened(): Backend | null {
  const { backend } = resolveDevice('webgpu');
  return backend?.type === 'webgpu' ? backend : null;
}

/** Whether a WebGPU adapter answers. https://pytorch.org/docs/stable/generated/torch.cuda.is_available.html */
export async function isAvailable(): Promise<boolean> {
  try {
    await resolveDevice('webgpu').open();
    return true;
  } catch {
    return false;
  }
}

/** How many GPUs there are for wgrad: 1 or 0. https://pytorch.org/docs/stable/generated/torch.cuda.device_count.html */
export async function deviceCount(): Promise<number> {
  return (await isAvailable()) ? 1 : 0;
}

/** The adapter's name. Rejects with a DeviceError where there is none. https://pytorch.org/docs/stable/generated/torch.cuda.get_device_name.html */
export async function getDeviceName(): Promise<string> {
  return (await resolveDevice('webgpu').open()).description;
}

/** Bytes in values now. https://pytorch.org/docs/stable/generated/torch.cuda.memory_allocated.html */
export function memoryAllocated(): number {
  return opened()?.memory().live ?? 0;
}

/** Bytes of buffers: in values, and waiting to be used again. https://pytorch.org/docs/stable/generated/torch.cuda.memory_reserved.html */
export function memoryReserved(): number {
  const memory = opened()?.memory();
  return memory === undefined ? 0 : memory.live + memory.pooled;
}

/**
 * The most bytes of buffers at once so far; what waited to be used again is counted, so it is the peak of memoryReserved.
 * https://pytorch.org/docs/stable/generated/torch.cuda.max_memory_allocated.html
 */
export function maxMemoryAllocated(): number {
  return opened()?.memory().peak ?? 0;
}

/** Counts the peak anew from now on. https://pytorch.org/docs/stable/generated/torch.cuda.reset_peak_memory_stats.html */
export function resetPeakMemoryStats(): void {
  opened()?.resetPeak?.();
}

/** Resolves when all work recorded so far is done. https://pytorch.org/docs/stable/generated/torch.cuda.synchronize.html */
export async function synchronize(): Promise<void> {
  const devices = new Set([getDefaultDevice(), resolveDevice('webgpu')].filter(({ type }) => type === 'webgpu'));
  for (const device of devices) flushPending(device);
  const backend = await resolveDevice('webgpu').open();
  await backend.settled();
}

/** Gives memory that waits to be used again back to the system. https://pytorch.org/docs/stable/generated/torch.cuda.empty_cache.html */
export function emptyCache(): void {
  opened()?.emptyCache?.();
}
