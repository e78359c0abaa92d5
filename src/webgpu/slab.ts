// Small values that stay for long (losses, metrics) share buffers: a page holds thousands of them, each in a slot. A full
// page is read back in the background, its values then live on the host and the page is used again.

import type { Node } from '../core/graph.ts';
import { numelOf } from '../shape.ts';
import type { Piece } from './stream.ts';

/** Elements of a page: 256 KiB. */
const pageElements = 1 << 16;

/** A page and the values in it. */
export interface SlabPage {
  readonly buffer: GPUBuffer;
  used: number;
  readonly nodes: { readonly node: Node; readonly piece: Piece }[];
}

/** Pages that wait for more values at a time: results do not lie where their program reads. */
const openPages = 3;

/** Slots for small values. */
export class Slab {
  private readonly make: (bytes: number) => GPUBuffer;
  /** Called with a full page; when its values are on the host, `recycle` takes the page back. */
  private readonly onFull: (page: SlabPage) => void;
  /** Oldest first. */
  private readonly open: SlabPage[] = [];
  private readonly free: GPUBuffer[] = [];
  /** Pages that were made; they are never given back. */
  pages = 0;

  constructor(make: (bytes: number) => GPUBuffer, onFull: (page: SlabPage) => void) {
    this.make = make;
    this.onFull = onFull;
  }

  /** A slot for the value of `node`, in no page of `apart`: a program cannot read and write one buffer. */
  place(node: Node, apart: ReadonlySet<GPUBuffer> | null): Piece {
    // Slots begin where blocks of 16 elements do, so that kernels can write them as any other result.
    const size = Math.ceil(Math.max(numelOf(node.shape), 1) / 16) * 16;
    const page = this.pageFor(size, apart);
    const piece = { buffer: page.buffer, start: page.used };
    page.used += size;
    page.nodes.push({ node, piece });
    return piece;
  }

  private pageFor(size: number, apart: ReadonlySet<GPUBuffer> | null): SlabPage {
    for (let at = 0; at < this.open.length; at++) {
      const page = this.open[at];
      if (apart?.has(page.buffer) === true) continue;
      if (page.used + size <= pageElements) return page;
      this.close(at--);
    }
    if (this.open.length === openPages) this.close(0);
    const page: SlabPage = { buffer: this.free.pop() ?? this.makePage(), used: 0, nodes: [] };
    this.open.push(page);
    return page;
  }

  private close(at: number): void {
    this.onFull(this.open.splice(at, 1)[0]);
  }

  private makePage(): GPUBuffer {
    this.pages++;
    return this.make(pageElements * 4);
  }

  /** Bytes of all pages. */
  get bytes(): number {
    return this.pages * pageElements * 4;
  }

  recycle(page: SlabPage): void {
    this.free.push(page.buffer);
  }
}
