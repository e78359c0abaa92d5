// What a kernel of one node is run with.

import type { Node } from '../../core/graph.ts';
import type { Recorder, View } from '../record.ts';

/** What a kernel is run with. */
export interface KernelCall {
  readonly recorder: Recorder;
  readonly node: Node;
  readonly inputs: readonly Node[];
  readonly outputs: readonly View[];
  /** Outputs that lie in the buffer of the input they replace. */
  readonly donated: ReadonlySet<number>;
}
