// Small values that stay for long (losses, metrics) share buffers: a page holds thousands of them, each in a slot. A full
// page is read back in the background, its values then live on the host and the page is used again.

import type { Node } from '../graph.ts';
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

/** Slots for small values. */
export class Slab {
  private readonly make: (bytes: number) => GPUBuffer;
  /** Called with a full page; when its values are on the host, `recycle` takes the page back. */
  private readonly onFull: (page: SlabPage) => void;
  private current: SlabPage | null = null;
  private readonly free: GPUBuffer[] = [];
  /** Pages that were made; they are never given back. */
  pages = 0;

  constructor(make: (bytes: number) => GPUBuffer, onFull: (page: SlabPage) => void) {
    this.make = make;
    this.onFull = onFull;
  }

  /** A slot for the value of `node`. */
  place(node: Node): Piece {
    // Slots begin where blocks of 16 elements do, so that kernels can write them as any other result.
    const size = Math.ceil(Math.max(numelOf(node.shape), 1) / 16) * 16;
    if (this.current !== null && this.current.used + size > pageElements) {
      this.onFull(this.current);
      this.current = null;
    }
    this.current ??= { buffer: this.free.pop() ?? this.makePage(), used: 0, nodes: [] };
    const piece = { buffer: this.current.buffer, offset: this.current.used };
    this.current.used += size;
    this.current.nodes.push({ node, piece });
    return piece;
  }

  private makePage(): GPUBuffer {
    this.pages++;
    return this.make(pageElements * 4);
  }

  /** Bytes of all pages. */
  get bytes(): number {
    return this.pages * pageElements * 4;
  }

  /** The page that the next slot for `count` elements will lie in; null for a new one. */
  pageFor(count: number): GPUBuffer | null {
    return this.current !== null && this.current.used + count <= pageElements ? this.current.buffer : null;
  }

  recycle(page: SlabPage): void {
    this.free.push(page.buffer);
  }
}
