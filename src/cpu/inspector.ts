// What the CPU device tells people: one event and one line of a plan for each node, as it runs them one by one.

import type { Flush, Inspector, Node } from '../core/graph.ts';
import type { HostEvent, Inventory, KernelEvent, Observation, PlannedKernel } from '../core/report.ts';
import { numelOf } from '../shape.ts';
import { bytesOf, describeNode, planNode } from '../inspect/work.ts';

/** The inspector of one CPU device. */
export class CpuInspector implements Inspector {
  private kernels: KernelEvent[] | null = null;
  private host: HostEvent[] = [];
  private readonly resident: ReadonlySet<Node>;

  /** `resident`: the nodes whose arrays the device counts, as they are at any time. */
  constructor(resident: ReadonlySet<Node>) {
    this.resident = resident;
  }

  observe(): Observation {
    const kernels: KernelEvent[] = (this.kernels = []);
    const host: HostEvent[] = (this.host = []);
    return {
      stop: async () => {
        this.kernels = null;
        return { timing: 'host', kernels, host, resolution: 0 };
      },
    };
  }

  /** When a node begins, while somebody asks. */
  get since(): number | undefined {
    return this.kernels === null ? undefined : performance.now();
  }

  /** Takes down a node that ran since then. */
  note(node: Node, since: number | undefined): void {
    if (since === undefined || this.kernels === null) return;
    const duration = performance.now() - since;
    const { op } = node;
    if (node.host !== null) {
      this.host.push({ name: 'upload', start: since, duration, bytes: bytesOf(node.dtype, numelOf(node.shape)) });
    } else if (op.kind !== 'output') {
      this.kernels.push({ ...describeNode(node), start: since, duration });
    }
  }

  async peak(): Promise<null> {
    return null;
  }

  planned(flush: Flush): readonly PlannedKernel[] {
    return flush.nodes
      .filter((node) => node.host === null && node.value === null && node.op.kind !== 'output')
      .map((node) => planNode(node, flush.donors.has(node)));
  }

  /** The node alone: what led to it may be gone. */
  computedBy(node: Node): readonly PlannedKernel[] | null {
    const kernel = node.op.kind === 'output' ? node.inputs[0] : node;
    return kernel === undefined || kernel.inputs.length === 0 ? null : [planNode(kernel, false)];
  }

  inventory(): Inventory {
    const values = [...this.resident].map((node) => ({
      op: node.op.name,
      shape: node.shape,
      dtype: node.dtype,
      kind:
        node.keep !== 'temporary' ? node.keep : node.op.kind === 'leaf' ? ('data' as const) : ('temporary' as const),
      bytes: bytesOf(node.dtype, numelOf(node.shape)),
    }));
    return { values, shared: [], pool: [], outside: [] };
  }
}
