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
  readonly buffer: GPUBuffer;
  readonly since: number;
}

/** Buffers of a device, taken and given back. A buffer given back may still be read by work that was encoded before. */
export class BufferPool {
  live = 0;
  pooled = 0;
  peak = 0;
  /** Buffers made so far. */
  created = 0;
  private readonly device: GPUDevice;
  private readonly free = new Map<number, Free[]>();
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
    this.created++;
    return this.device.createBuffer({ size, usage });
  }

  give(buffer: GPUBuffer): void {
    const { size } = buffer;
    this.live -= size;
    this.pooled += size;
    const list = this.free.get(size);
    const entry = { buffer, since: this.sweeps };
    if (list === undefined) this.free.set(size, [entry]);
    else list.push(entry);
  }

  /** Destroys buffers that have been free for long; WebGPU keeps them until submitted work is done. */
  sweep(): void {
    this.sweeps++;
    for (const [size, list] of this.free) {
      const stay = list.filter(({ buffer, since }) => {
        if (this.sweeps - since <= idleSweeps) return true;
        this.pooled -= size;
        buffer.destroy();
        return false;
      });
      if (stay.length > 0) this.free.set(size, stay);
      else this.free.delete(size);
    }
  }
}
