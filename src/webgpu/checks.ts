// Checks that only the GPU can make (an index in range): each has a word that it sets where it fails, read with the next read.

import type { Node } from '../core/graph.ts';

/** Checks that have a word of their own. */
export const statusWords = 1024;

const usage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

/** The words of checks, and which nodes share one. */
export class Checks {
  /** A word a check: 1 if it failed. */
  readonly status: GPUBuffer;
  private checks = new Map<number, Node[]>();
  private next = 0;

  constructor(device: GPUDevice) {
    this.status = device.createBuffer({ size: statusWords * 4, usage });
  }

  /** The word of `status` in which the check of `node` may report. */
  register(node: Node): number {
    const word = this.next++ % statusWords;
    const list = this.checks.get(word);
    if (list === undefined) this.checks.set(word, [node]);
    else list.push(node);
    return word;
  }

  /** Whether checks ran whose outcome nobody has asked for. */
  get waiting(): boolean {
    return this.checks.size > 0;
  }

  /** The checks since the last call by their words; empty if none ran. */
  take(): ReadonlyMap<number, readonly Node[]> {
    const taken = this.checks;
    this.checks = new Map();
    return taken;
  }
}
