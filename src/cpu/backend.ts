// The CPU device: walks the recorded nodes one at a time in plain loops. It knows nothing of fusion or plans, and its
// arrays are float64 for float64 tensors, so that it can stand as witness for the GPU and for gradients.

import { hostArray, type DType, type TypedArray } from '../dtype.ts';
import { asFailure, type Backend, type Flush, type MemoryReport, type Node } from '../core/graph.ts';
import { type KernelAttrs, type KernelName } from '../core/op.ts';
import { contiguousStrides, numelOf, sameShape } from '../shape.ts';
import { CpuInspector } from './inspector.ts';
import { kernels } from './kernels.ts';
import { runPointwise } from './pointwise.ts';
import { copyInto, operandOf } from './strided.ts';

/** Makes the CPU device's backend. */
export function createCpuBackend(): Backend {
  return new CpuBackend();
}

class CpuBackend implements Backend {
  readonly type = 'cpu';
  readonly description = 'CPU (JavaScript)';
  private live = 0;
  private peak = 0;
  /** The nodes whose arrays are counted. */
  private readonly resident = new Set<Node>();
  readonly inspector = new CpuInspector(this.resident);
  private readonly uncounted = new WeakSet<Node>();

  supports(_dtype: DType): boolean {
    return true;
  }

  run(flush: Flush): void {
    for (const node of flush.releaseBefore) this.release(node);
    for (const node of flush.nodes) {
      if (node.value === null && node.op.kind !== 'output') this.runNode(node);
      for (const passed of flush.dying.get(node) ?? []) this.release(passed);
    }
    // Small values that stay for long leave the count of the device's bytes, as they do on the GPU.
    for (const node of flush.settle) this.settle(node);
    for (const node of flush.releaseAfter) this.release(node);
  }

  private runNode(node: Node): void {
    node.failure = node.inputs.find((input) => input.root.failure !== null)?.root.failure ?? null;
    const { since } = this.inspector;
    try {
      if (node.failure === null) this.compute(node);
    } catch (error) {
      node.failure = asFailure(node.op.name, error);
    }
    this.inspector.note(node, since);
    for (const output of node.outputs ?? []) output.failure = node.failure;
  }

  private settle(node: Node): void {
    if (node.value === null || this.uncounted.has(node)) return;
    this.live -= (node.value as TypedArray).byteLength;
    this.resident.delete(node);
    this.uncounted.add(node);
  }

  private compute(node: Node): void {
    if (node.host !== null) {
      // Host copies are in C order.
      const { shape } = node;
      copyInto(this.allocate(node), node, { array: node.host, shape, strides: contiguousStrides(shape), offset: 0 });
    } else if (node.op.kind === 'kernel') {
      const outputs = (node.outputs ?? [node]).map((output) => this.allocate(output));
      const kernel = kernels[node.op.name] as (
        attrs: KernelAttrs[KernelName],
        inputs: readonly Node[],
        outputs: readonly TypedArray[],
        node: Node,
      ) => void;
      kernel(node.op.attrs, node.inputs, outputs, node);
    } else if (node.op.kind === 'pointwise') {
      runPointwise(node.op, node, this.allocate(node));
    }
  }

  private allocate(node: Node): TypedArray {
    const array = hostArray(node.dtype, numelOf(node.shape));
    node.value = array;
    this.live += array.byteLength;
    this.peak = Math.max(this.peak, this.live);
    this.resident.add(node);
    return array;
  }

  private release(node: Node): void {
    if (node.value === null) return;
    if (!this.uncounted.delete(node)) {
      this.live -= (node.value as TypedArray).byteLength;
      this.resident.delete(node);
    }
    node.value = null;
  }

  async read(node: Node): Promise<TypedArray> {
    return this.readNow(node);
  }

  readNow(node: Node): TypedArray {
    if (node.root.failure !== null) throw node.root.failure;
    const out = hostArray(node.dtype, numelOf(node.shape));
    const strides = contiguousStrides(node.shape);
    const array = node.root.value as TypedArray;
    if (sameShape(strides, node.strides) && array.length === out.length) out.set(array);
    else copyInto(out, { shape: node.shape, strides, offset: 0 }, operandOf(node));
    return out;
  }

  async settled(): Promise<void> {
    // Nothing is ever outstanding: `run` computes at once.
  }

  memory(): MemoryReport {
    return { live: this.live, pooled: 0, peak: this.peak, tensors: this.resident.size };
  }
}
