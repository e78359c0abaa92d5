// What the CPU device tells people: one event and one line of a plan for each node, as it runs them one by one.

import { type DType, hostArray } from '../dtype.ts';
import type { Flush, Inspector, Node } from '../graph.ts';
import type { HostEvent, Inventory, KernelEvent, Observation, PlannedBuffer, PlannedKernel, Work } from '../report.ts';
import { numelOf } from '../shape.ts';
import { elementsRead, elementsWritten, flopsOf, sizesOf } from '../work.ts';

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
      this.kernels.push({ ...describe(node), start: since, duration });
    }
  }

  async peak(): Promise<null> {
    return null;
  }

  planned(flush: Flush): readonly PlannedKernel[] {
    return flush.nodes
      .filter((node) => node.host === null && node.value === null && node.op.kind !== 'output')
      .map((node) => planOf(node, flush.donors.has(node)));
  }

  /** The node alone: what led to it may be gone. */
  computedBy(node: Node): readonly PlannedKernel[] | null {
    const kernel = node.op.kind === 'output' ? node.inputs[0] : node;
    return kernel === undefined || kernel.op.kind === 'leaf' ? null : [planOf(kernel, false)];
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

function bytesOf(dtype: DType, elements: number): number {
  return elements * hostArray(dtype, 0).BYTES_PER_ELEMENT;
}

function describe(node: Node): { kernel: string; ops: string; sizes: string; work: Work } {
  const read = node.inputs.reduce((sum, input, at) => sum + bytesOf(input.dtype, elementsRead(node, at)), 0);
  const written = bytesOf((node.outputs?.[0] ?? node).dtype, elementsWritten(node));
  const { name } = node.op;
  return { kernel: name, ops: name, sizes: sizesOf(node), work: { read, written, flops: flopsOf(node) } };
}

function planOf(node: Node, inPlace: boolean): PlannedKernel {
  const inputs = node.inputs.filter(({ root }) => root.op.kind !== 'scalar');
  const bufferOf = (one: Node, access: PlannedBuffer['access']): PlannedBuffer => ({
    name: `value ${one.root.id}`,
    values: [{ op: one.op.name, shape: one.shape, dtype: one.dtype }],
    access,
    bytes: bytesOf(one.dtype, numelOf(one.shape)),
  });
  const written = (node.outputs ?? [node]).map((one) => bufferOf(one, inPlace ? 'update' : 'write'));
  return {
    ...describe(node),
    groups: null,
    buffers: [...inputs.map((one) => bufferOf(one, 'read')), ...written],
    wgsl: null,
  };
}
