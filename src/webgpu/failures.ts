// What happens when work on the GPU fails: an error that is known while it is recorded, a submit whose outcome comes later, a
// check that only the GPU can make. Whatever was computed from a failed value fails with it.

import type { KernelError } from '../errors.ts';
import { checkError } from '../core/check-error.ts';
import { asFailure, type Node } from '../core/graph.ts';
import type { KernelAttrs } from '../core/op.ts';
import type { Checks } from './checks.ts';

/** Values that were encoded, with what they were computed from: their recipes may be dropped before the outcome is known. */
interface Written {
  readonly nodes: readonly Node[];
  readonly inputs: readonly (readonly Node[])[];
}

/** A submit that may still fail, with the values that it wrote. */
interface Flight {
  readonly written: readonly Written[];
  /** Its outcome has been followed. */
  known: boolean;
}

/** What a read brings: the bytes that were asked for, and the words of the checks. */
interface Brought {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array | null;
}

/** Submits whose values a failed check is followed through. */
const flightLimit = 256;

/** The failures of a device. */
export class Failures {
  /** Whether some value failed, so that failures must be followed through later work. */
  any = false;
  /** Resolves when the outcome of every submit so far has been followed. */
  known: Promise<void> = Promise.resolve();
  private readonly checks: Checks;
  private written: Written[] = [];
  private flights: Flight[] = [];
  /** Reads that bring the outcome of checks. */
  private reads = 0;

  constructor(checks: Checks) {
    this.checks = checks;
  }

  fail(node: Node, error: Error): void {
    this.any = true;
    node.failure = error;
    for (const output of node.outputs ?? []) output.failure = error;
  }

  /** Runs `body`; what it throws is the failure of `node`. */
  guard(node: Node, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.fail(node, asFailure(node.op.name, error));
    }
  }

  /** Fails those of `nodes`, in order, that read a failed value; whether there were any. */
  spreadTo(nodes: readonly Node[]): boolean {
    if (!this.any) return false;
    let found = false;
    for (const node of nodes) {
      const cause = node.failure ?? failureAmong(node.inputs);
      if (cause === null) continue;
      this.fail(node, cause);
      found = true;
    }
    return found;
  }

  /** Takes down what the next submit writes. */
  encoded(written: Written): void {
    this.written.push(written);
  }

  /** After each submit: holds the values that it wrote until its outcome is known. */
  follow(outcome: Promise<KernelError | null>): void {
    const flight: Flight = { written: this.written, known: false };
    this.written = [];
    this.flights.push(flight);
    const before = this.known;
    this.known = outcome.then(async (error) => {
      await before;
      if (error !== null) {
        for (const { nodes } of flight.written)
          for (const node of nodes) if (node.failure === null) this.fail(node, error);
        this.spread();
      }
      flight.known = true;
      this.forget();
    });
  }

  /** Runs a read that brings the words of `checks` besides its bytes, and follows the checks that failed. */
  async resolving(checks: ReadonlyMap<number, readonly Node[]>, read: () => Promise<Brought>): Promise<Uint8Array> {
    if (checks.size > 0) this.reads++;
    try {
      const { bytes, words } = await read();
      if (words !== null) this.resolve(checks, words);
      return bytes;
    } finally {
      if (checks.size > 0) this.reads--;
      this.forget();
    }
  }

  private resolve(checks: ReadonlyMap<number, readonly Node[]>, words: Uint32Array): void {
    for (const [word, nodes] of checks) {
      if (words[word] === 0) continue;
      for (const node of nodes) {
        const { attrs } = node.op as { attrs: KernelAttrs['checkIndex'] };
        this.fail(node, checkError(attrs, node.shape, null));
      }
    }
    this.spread();
  }

  /** Marks every value computed from a failed one. */
  private spread(): void {
    if (!this.any) return;
    for (const { nodes, inputs } of [...this.flights.flatMap(({ written }) => written), ...this.written]) {
      nodes.forEach((node, index) => {
        if (node.failure !== null) return;
        const cause = failureAmong(inputs[index]);
        if (cause !== null) this.fail(node, cause);
      });
    }
  }

  /** The outcome of checks is known at a read: until then the last submits stay, so that a failure can be followed. */
  private forget(): void {
    if (!this.checks.waiting && this.reads === 0) this.flights = this.flights.filter((flight) => !flight.known);
    while (this.flights.length > flightLimit) this.flights.shift();
  }
}

function failureAmong(inputs: readonly Node[]): Error | null {
  return inputs.find((input) => input.root.failure !== null)?.root.failure ?? null;
}
