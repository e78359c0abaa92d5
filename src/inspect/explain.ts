// explain(): the kernels that would compute a tensor, or that computed it, for people: what was fused, what is read and
// written, where it lies. Runs nothing and changes nothing.

import { ArgumentError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { type Column, formatBytes, formatCount, formatTable } from '../host/table.ts';
import { rehearseRead } from './rehearsal.ts';
import type { PlannedBuffer, PlannedKernel } from '../core/report.ts';
import { formatShape, type Shape } from '../shape.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { planNode } from './work.ts';

/** Options of `explain`. */
export interface ExplainOptions {
  /** The text shows each kernel's program. */
  readonly wgsl?: boolean;
}

/** Buffers of one value, or the first values of a line, that a text names. */
const namedValues = 2;

/**
 * What reading `input` would run, if it is pending; if it is resident, what computed it. Nothing is run, and what will be
 * run stays the same. On the CPU device, and before a device is open, each node is a kernel of its own. Throws an
 * ArgumentError for what is no tensor, and what the read would throw (StaleTensorError).
 */
export function explain(input: Tensor, options: ExplainOptions = {}): Explanation {
  if (!(input instanceof Tensor)) {
    throw new ArgumentError({ op: 'explain', fact: `input is ${describe(input)}`, rule: 'it must be a tensor' });
  }
  return new Explanation(input.node, options.wgsl ?? false);
}

/** The plan of one value. */
export class Explanation {
  /** Whether kernels must run to read it, or it is on the device, or (also) on the host. */
  readonly state: 'pending' | 'resident' | 'host';
  /** In order. For a value that is there: those that led to it, as long as their plan is kept; else null. */
  readonly kernels: readonly PlannedKernel[] | null;
  /** The operation that makes the value, and its shape and dtype. */
  readonly op: string;
  readonly shape: Shape;
  readonly dtype: string;
  /** One line about the device. */
  readonly device: string;
  private readonly view: string;
  private readonly wgsl: boolean;

  constructor(node: Node, wgsl: boolean) {
    const { root, shape, dtype } = node;
    const { backend, type } = node.device;
    this.state = root.host !== null ? 'host' : root.residence === 'resident' ? 'resident' : 'pending';
    this.op = root.op.name;
    this.shape = shape;
    this.dtype = dtype;
    this.device = backend === null ? `${type} (not open yet)` : `${backend.type}: ${backend.description}`;
    this.view = node === root ? '' : `, seen through ${node.op.name}`;
    this.wgsl = wgsl;
    if (this.state !== 'pending') this.kernels = backend?.inspector.computedBy(root) ?? null;
    else {
      const flush = rehearseRead(node);
      const computed = flush?.nodes.filter(({ host, op }) => host === null && op.kind !== 'output') ?? [];
      this.kernels =
        flush === null || backend === null
          ? computed.map((one) => planNode(one, false))
          : backend.inspector.planned(flush);
    }
  }

  toString(): string {
    const { kernels, op, shape, dtype, device } = this;
    const head = `${op} ${formatShape(shape)} ${dtype}${this.view} on ${device}`;
    const lines = [head, this.summary()];
    for (const [at, kernel] of (kernels ?? []).entries()) lines.push('', this.textOf(kernel, at + 1));
    return lines.join('\n');
  }

  private summary(): string {
    const { kernels, state } = this;
    const where =
      state === 'host' ? 'its value is on the host' : state === 'resident' ? 'its value is on the device' : '';
    if (kernels === null) {
      return this.op === 'leaf' ? `${where}; it was given, not computed` : `${where}; how it was computed is not kept`;
    }
    const total = (pick: (kernel: PlannedKernel) => number) => kernels.reduce((sum, kernel) => sum + pick(kernel), 0);
    const bytes = formatBytes(total(({ work }) => work.read + work.written));
    const flops = formatCount(total(({ work }) => work.flops));
    const count = `${kernels.length} ${kernels.length === 1 ? 'kernel' : 'kernels'}`;
    const cost = `${count}, ${bytes} moved, ${flops} FLOP`;
    return where === '' ? `pending; a read runs ${cost}` : `${where}; it was computed by ${cost}`;
  }

  private textOf({ kernel, ops, sizes, groups, buffers, work, wgsl }: PlannedKernel, number: number): string {
    const fused = ops === kernel ? '' : `: ${ops}`;
    const cost = [`${formatBytes(work.read + work.written)} moved`, `${formatCount(work.flops)} FLOP`];
    if (groups !== null) cost.unshift(`${groups.join(' x ')} workgroups`);
    const table = formatTable(bufferColumns, buffers.map(bufferRow))
      .split('\n')
      // The titles and their rule say nothing that the cells do not.
      .slice(2)
      .map((line) => `   ${line}`);
    const text = [`${number}. ${kernel}${fused}`, `   ${sizes}, ${cost.join(', ')}`, ...table];
    if (this.wgsl && wgsl !== null) text.push('', wgsl().trim());
    return text.join('\n');
  }
}

const bufferColumns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: '', align: 'left' },
  { title: '', align: 'right' },
  { title: '', align: 'left' },
];

function bufferRow({ name, access, bytes, values }: PlannedBuffer): string[] {
  const named = values
    .slice(0, namedValues)
    .map(({ op, shape, dtype }) => (op === null ? `${shape.join()} elements` : `${op} ${formatShape(shape)} ${dtype}`));
  const rest = values.length > namedValues ? ` and ${values.length - namedValues} more values` : '';
  const how = access === 'update' ? 'in place' : access;
  return [how, name, formatBytes(bytes), `${named.join(', ')}${rest}`];
}
