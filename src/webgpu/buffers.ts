// GPU memory: buffers by size class that are used again once they are let go, and what they add up to.

/** The smallest buffer, in bytes: also the alignment of binding offsets. */
const smallest = 256;
/** Free buffers that nobody took for this many sweeps are destroyed. */
const idleSweeps = 4;

const usage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

/** The bytes that a request of `bytes` takes: a power of two, or above 1 MiB a multiple of an eighth of one. */
export function sizeClass(bytes: number): number {
  if (bytes <= smallest) return smallest;
  const power = 2 ** Math.ceil(Math.log2(bytes));
  if (power <= 1 << 20) return power;
  const grain = power / 8;
  return Math.ceil(bytes / grain) * grain;
}

interface Free {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly since: number;
}

/**
 * Buffers of a device, taken and given back. A buffer given back may still be read by work that was encoded before. Of the
 * free ones the oldest is taken, so that a repeated step gets the same buffers again, and with them the same bind groups.
 */
export class BufferPool {
  live = 0;
  pooled = 0;
  peak = 0;
  /** Buffers made so far. */
  created = 0;
  private readonly device: GPUDevice;
  /** By size class; each list falls in age, so that the oldest is at its end. */
  private readonly free = new Map<number, Free[]>();
  private readonly ids = new WeakMap<GPUBuffer, number>();
  private sweeps = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  take(bytes: number): GPUBuffer {
    const size = sizeClass(bytes);
    const waiting = this.free.get(size)?.pop();
    this.live += size;
    if (waiting !== undefined) {
      this.pooled -= size;
      return waiting.buffer;
    }
    this.peak = Math.max(this.peak, this.live + this.pooled);
    const buffer = this.device.createBuffer({ size, usage });
    this.ids.set(buffer, this.created++);
    return buffer;
  }

  give(buffer: GPUBuffer): void {
    const { size } = buffer;
    this.live -= size;
    this.pooled += size;
    const entry = { id: this.ids.get(buffer) as number, buffer, since: this.sweeps };
    const list = this.free.get(size);
    if (list === undefined) this.free.set(size, [entry]);
    else list.splice(placeIn(list, entry.id), 0, entry);
  }

  /** Counts the peak anew from what there is now. */
  resetPeak(): void {
    this.peak = this.live + this.pooled;
  }

  /** The buffers that wait, by size. */
  waiting(): { readonly size: number; readonly count: number }[] {
    const sizes = [...this.free].map(([size, list]) => ({ size, count: list.length }));
    return sizes.filter(({ count }) => count > 0).sort((a, b) => b.size - a.size);
  }

  /**
   * Destroys buffers that have been free for long. WebGPU keeps them until submitted work is done, but work that is encoded
   * and not submitted must not meet one: `submit` is called before the first goes. With `idle` 0 all that are free go.
   */
  sweep(submit: () => void, idle = idleSweeps): void {
    this.sweeps++;
    const old = [...this.free.values()].some((list) => list.some(({ since }) => this.sweeps - since > idle));
    if (old) submit();
    for (const [size, list] of this.free) {
      const stay = list.filter(({ buffer, since }) => {
        if (this.sweeps - since <= idle) return true;
        this.pooled -= size;
        buffer.destroy();
        return false;
      });
      if (stay.length > 0) this.free.set(size, stay);
      else this.free.delete(size);
    }
  }
}

/** Where a buffer of age `id` stands in a list that falls in id. */
function placeIn(list: readonly Free[], id: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}
