// Which nodes of a flush become one kernel. Pure: it looks at the recorded nodes alone, so the same program gives the same
// kernels; without fusion every node is a kernel of its own.
//
// A kernel loops over one domain: elements, and for reductions lines of them. Nodes join the kernel of what they read, and
// kernels merge, as long as all their nodes have a place in one domain, nothing is read that is not yet complete, no path
// leads out of the kernel and back, and the buffers and parameters stay within the limits.

import type { Node } from '../core/graph.ts';
import { numelOf } from '../shape.ts';
import { costOf } from './formulas.ts';
import { wgslType } from './record.ts';
import {
  countOf,
  type Domain,
  type Form,
  isKernel,
  isProduct,
  type Needs,
  needsOf,
  ownDomain,
  ownStrides,
  picksFromLine,
  reduceAttrs,
  sameStrides,
} from './domain.ts';

/** What the template of a kernel is: a loop over elements, a loop over lines, a sum of products, or the node's own. */
export type GroupKind = 'map' | 'rows' | 'product' | 'alone';

/** The nodes of one kernel. */
export interface Kernel {
  readonly kind: GroupKind;
  readonly domain: Domain;
  /** In program order. */
  readonly nodes: readonly Node[];
  readonly needs: ReadonlyMap<Node, Needs>;
  /** The nodes whose values are written to memory. */
  readonly stored: readonly Node[];
}

/** What is asked of a schedule. */
export interface Request {
  /** The nodes to compute, in program order, without leaves and without the results of kernels with several. */
  readonly nodes: readonly Node[];
  /** Whether a value must be in memory when the flush is done. */
  readonly isStored: (node: Node) => boolean;
  /** Results that are written into the buffer of an input. */
  readonly donors: ReadonlyMap<Node, Node>;
  readonly fuse: boolean;
  /** Storage buffers that a kernel may bind. */
  readonly storageBuffers: number;
}

/** Nodes of one kernel at most, so that its text stays short. */
const mostNodes = 64;
/** Reads of one kernel at most, so that its parameters stay within their struct. */
const mostReads = 20;
/** Elements of a line at most, where values of the line depend on its reduction: one workgroup walks it several times. */
const longestNest = 16_384;
/** Characters of the functions that a formula behind a product may call. */
const longestEpilogue = 600;
/** Characters of the functions that a value may call which several kernels compute, and how many of them do. */
const longestCopy = 800;
const mostCopies = 4;
/** Merges are not tried where looking for a path between kernels takes longer. */
const longestSearch = 256;

const fusedReductions: ReadonlySet<string> = new Set(['sum', 'prod', 'max', 'min', 'any', 'all']);

/** The kind of kernel that a node is on its own. */
function kindOf(node: Node): GroupKind {
  if (numelOf(node.shape) === 0) return 'alone';
  if (node.op.kind === 'pointwise') return 'map';
  if (isKernel(node, 'fill') || isKernel(node, 'gather') || isKernel(node, 'checkIndex')) return 'map';
  if (isKernel(node, 'scatter')) return node.inputs[1].shape[1] === 1 ? 'map' : 'alone';
  if (isProduct(node)) return 'product';
  const attrs = reduceAttrs(node);
  if (attrs === null || !fusedReductions.has(attrs.fn)) return 'alone';
  const { shape, reduced } = ownDomain(node);
  // Lines of one element or none have nothing to loop over.
  return reduced.length > 0 && numelOf(shape) > 0 ? 'rows' : 'alone';
}

/** A kernel in the making. */
interface Draft {
  kind: GroupKind;
  domain: Domain;
  nodes: Node[];
  needs: Map<Node, Needs>;
  /** Kernels that must run before, and the draft that took this one over. */
  before: Set<Draft>;
  merged: Draft | null;
  /** Ids of its first and last node. */
  first: number;
  last: number;
}

/** The kernels for a request, in an order in which they can run. */
export function schedule(request: Request): Kernel[] {
  return new Scheduler(request).run();
}

class Scheduler {
  private readonly request: Request;
  private readonly draftOf = new Map<Node, Draft>();
  private readonly readers = new Map<Node, Node[]>();
  private readonly drafts: Draft[] = [];
  /** Nodes that every reader computes for itself: numbers spread over a shape. */
  private readonly repeated = new Set<Node>();
  /** Kernels that compute a value of another kernel for themselves. */
  private readonly copies = new Map<Node, Set<Draft>>();
  /** Values that such copies read from memory: they must stay there. */
  private readonly readByCopies = new Set<Node>();
  /** Values in whose place others are written. */
  private readonly overwritten: ReadonlySet<Node>;

  constructor(request: Request) {
    this.request = request;
    this.overwritten = new Set(request.donors.values());
  }

  run(): Kernel[] {
    const { nodes, fuse } = this.request;
    for (const node of nodes) {
      for (const input of node.inputs) {
        const list = this.readers.get(input.root);
        if (list === undefined) this.readers.set(input.root, [node]);
        else if (list[list.length - 1] !== node) list.push(node);
      }
    }
    if (fuse) for (const node of nodes) if (this.isRepeated(node)) this.repeated.add(node);
    for (const node of nodes) {
      if (this.repeated.has(node)) continue;
      const draft = this.draft(node);
      if (!fuse || draft.kind === 'alone') continue;
      for (const producer of this.producersOf(node, draft)) this.tryMerge(resolved(producer), resolved(draft));
    }
    if (fuse) for (const node of [...nodes].reverse()) this.trySink(node);
    const left = this.inOrder().filter((draft) => draft.nodes.length > 0);
    return left.map((draft) => this.kernel(draft));
  }

  /**
   * The kernels that a new one may join, in the order in which it tries. What picks from the lines of another kernel goes
   * there, so that a loss stands where its softmax is; else the latest comes first: the others are complete before it or
   * merge with it.
   */
  private producersOf(node: Node, draft: Draft): Draft[] {
    const picked = isKernel(node, 'gather') ? this.draftOf.get(node.inputs[0].root) : undefined;
    const rank = (one: Draft): number => (picked !== undefined && one === resolved(picked) ? Infinity : one.last);
    return [...draft.before].sort((a, b) => rank(b) - rank(a));
  }

  /** A number spread over a shape costs nothing where it is read, if all its readers are loops over elements or lines. */
  private isRepeated(node: Node): boolean {
    if (!isKernel(node, 'fill') || this.request.isStored(node)) return false;
    return (this.readers.get(node) ?? []).every((reader) => this.readsInside(reader, node));
  }

  /** Whether a kernel may compute `value` itself where `reader` reads it, instead of reading it from memory. */
  private readsInside(reader: Node, value: Node): boolean {
    const kind = kindOf(reader);
    if (kind !== 'map' && kind !== 'rows') return false;
    return !isKernel(reader, 'gather') || reader.inputs[0].root !== value;
  }

  private draft(node: Node): Draft {
    const kind = kindOf(node);
    const domain = kind === 'alone' ? { shape: node.shape, reduced: [] } : ownDomain(node);
    const draft: Draft = {
      kind,
      domain,
      nodes: [node],
      needs: new Map(),
      before: new Set(),
      merged: null,
      first: node.id,
      last: node.id,
    };
    if (kind === 'map' || kind === 'rows') {
      const needs = needsOf(node, domain);
      if (needs === null) throw new Error(`${node.op.name} has no place in its own domain`);
      draft.needs.set(node, needs);
    }
    this.drafts.push(draft);
    this.draftOf.set(node, draft);
    for (const output of node.outputs ?? []) this.draftOf.set(output, draft);
    const follow = (value: Node): void => {
      const producer = this.draftOf.get(value);
      if (producer !== undefined && resolved(producer) !== draft) draft.before.add(resolved(producer));
    };
    for (const input of node.inputs) follow(input.root);
    // What is written in place is read by all others before.
    for (const result of node.outputs ?? [node]) {
      const donor = this.request.donors.get(result);
      if (donor !== undefined) for (const reader of this.readers.get(donor) ?? []) if (reader !== node) follow(reader);
    }
    return draft;
  }

  /** Makes one kernel of two where that is right; `a` produces something for `b`. */
  private tryMerge(a: Draft, b: Draft): void {
    if (a === b || a.kind === 'alone' || b.kind === 'alone' || b.kind === 'product') return;
    if (a.kind === 'product' && (b.kind !== 'map' || !b.nodes.every(isShort))) return;
    if (a.nodes.length + b.nodes.length > mostNodes) return;
    const nodes = [...a.nodes, ...b.nodes].sort((one, other) => one.id - other.id);
    const made = this.common(a, b, nodes);
    if (made === null || this.leadsAround(a, b)) return;
    a.kind = made.kind;
    a.domain = made.domain;
    a.needs = made.needs;
    a.nodes = nodes;
    for (const other of b.before) if (resolved(other) !== a) a.before.add(resolved(other));
    a.before.delete(b);
    a.first = Math.min(a.first, b.first);
    a.last = Math.max(a.last, b.last);
    b.merged = a;
    for (const node of b.nodes) this.draftOf.set(node, a);
  }

  /** The domain in which all `nodes` of two drafts have a place, with what they need there. */
  private common(a: Draft, b: Draft, nodes: readonly Node[]): Pick<Draft, 'kind' | 'domain' | 'needs'> | null {
    const kind = a.kind === 'product' ? 'product' : a.kind === 'rows' || b.kind === 'rows' ? 'rows' : 'map';
    const domains = a.kind === kind ? [a.domain] : [];
    if (b.kind === kind) domains.push(b.domain);
    for (const domain of domains) {
      const needs = this.place(kind, domain, nodes);
      if (needs !== null) return { kind, domain, needs };
    }
    return null;
  }

  private place(kind: GroupKind, domain: Domain, nodes: readonly Node[]): Map<Node, Needs> | null {
    const inside = new Set(nodes);
    const placed = new Map<Node, Needs>();
    const read = new Set<Node>();
    let reads = 0;
    let checks = 0;
    /** Buffers that a product reads. */
    let operands = 0;
    /** Nodes whose value depends on a reduction of this kernel. */
    const nested = new Set<Node>();
    let nests = false;
    /** Reductions of one kernel have one type: their parts share a buffer. */
    let folded: string | null = null;
    for (const node of nodes) {
      if (isProduct(node)) {
        operands = node.inputs.length;
        continue;
      }
      const needs = this.needs(node, domain);
      if (needs === null) return null;
      placed.set(node, needs);
      if (isKernel(node, 'checkIndex')) checks = 1;
      for (const [index, access] of needs.inputs.entries()) {
        if (access === null) continue;
        const { root } = access.node;
        if (this.repeated.has(root)) continue;
        if (!inside.has(root)) {
          read.add(root);
          reads++;
          continue;
        }
        if (!this.meets(node, index, needs, placed.get(root)?.form ?? 'element', domain)) return null;
        if (nested.has(root)) nested.add(node);
      }
      if (kind !== 'rows') continue;
      if (reduceAttrs(node) !== null) {
        if (folded !== null && folded !== wgslType(node.dtype)) return null;
        folded = wgslType(node.dtype);
        nests ||= nested.has(node);
        nested.add(node);
      } else if (needs.form === 'element' && nested.has(node)) nests = true;
    }
    if (nests && countOf(domain) > longestNest) return null;
    const written = nodes.filter((node) => this.isWritten(node, inside)).length;
    const fits = read.size + written + checks + operands <= this.request.storageBuffers && reads + written <= mostReads;
    return fits ? placed : null;
  }

  private needs(node: Node, domain: Domain): Needs | null {
    const needs = needsOf(node, domain);
    if (needs === null) return null;
    const attrs = reduceAttrs(node);
    if (attrs === null) return needs;
    // A reduction must run along this domain's lines.
    const own = ownDomain(node);
    return sameStrides(own.shape, domain.shape) && sameStrides(own.reduced, domain.reduced) ? needs : null;
  }

  /** Whether `node` reads, of a value of its own kernel, just what that kernel has at the same place. */
  private meets(node: Node, index: number, needs: Needs, form: Form, domain: Domain): boolean {
    const access = needs.inputs[index];
    if (access === null) return true;
    if (isKernel(node, 'gather') && index === 0) return form === 'element' && picksFromLine(node, needs, domain);
    if (form === 'element' && needs.form === 'line' && reduceAttrs(node) === null) return false;
    const own = ownStrides(access.node.root, form, domain);
    return own !== null && access.node.offset === 0 && sameStrides(access.strides, own);
  }

  private isWritten(node: Node, inside: ReadonlySet<Node>): boolean {
    if (this.request.isStored(node)) return true;
    return (this.readers.get(node) ?? []).some((reader) => !inside.has(reader) && !this.hasCopy(reader, node));
  }

  private draftWith(node: Node): Draft {
    return resolved(this.draftOf.get(node) as Draft);
  }

  /** Whether the kernel of `reader` computes `value` for itself. */
  private hasCopy(reader: Node, value: Node): boolean {
    return this.copies.get(value)?.has(this.draftWith(reader)) === true;
  }

  /**
   * Lets the kernels that read a cheap value compute it, instead of reading what another kernel writes: masks of
   * activations, scaled values. Only where its inputs are in memory anyway, and where each of those kernels reads at most
   * one value of its size instead: so bytes become fewer, and a copy is never copied again.
   */
  private trySink(node: Node): void {
    if (node.op.kind !== 'pointwise' || this.request.isStored(node) || costOf(node.op, node) > longestCopy) return;
    if (this.readByCopies.has(node)) return;
    const home = this.draftWith(node);
    const outside = (this.readers.get(node) ?? []).filter((reader) => this.draftWith(reader) !== home);
    const kernels = [...new Set(outside.map((reader) => this.draftWith(reader)))];
    if (home.kind === 'alone' || kernels.length === 0 || kernels.length > mostCopies) return;
    const inputs = node.inputs.map((input) => input.root).filter(({ op }) => op.kind !== 'scalar');
    if (!inputs.every((input) => this.isInMemory(input) && !this.overwritten.has(input))) return;
    const changes = kernels.map((kernel) => this.withCopy(kernel, node, inputs));
    if (changes.includes(null)) return;
    this.copies.set(node, new Set(kernels));
    for (const input of inputs) this.readByCopies.add(input);
    kernels.forEach((kernel, at) => {
      Object.assign(kernel, changes[at]);
      for (const input of inputs) {
        const producer = this.draftOf.get(input);
        if (producer !== undefined && resolved(producer) !== kernel) kernel.before.add(resolved(producer));
      }
    });
    // What its own kernel does not need leaves it.
    const inside = this.readers.get(node)?.some((reader) => this.draftWith(reader) === home) === true;
    if (!inside) {
      home.nodes = home.nodes.filter((other) => other !== node);
      home.needs.delete(node);
    }
  }

  /** Whether a value is given, or some kernel reads it from memory. */
  private isInMemory(value: Node): boolean {
    const draft = this.draftOf.get(value);
    return draft === undefined ? !this.repeated.has(value) : this.isWritten(value, new Set(resolved(draft).nodes));
  }

  /** A kernel that computes `node` too, in the place of reading it; null where it cannot, or would read more. */
  private withCopy(kernel: Draft, node: Node, inputs: readonly Node[]): Pick<Draft, 'nodes' | 'needs'> | null {
    if (kernel.kind === 'product' && !isShort(node)) return null;
    const reading = this.readers.get(node)?.filter((reader) => this.draftWith(reader) === kernel) ?? [];
    if (kernel.nodes.length >= mostNodes || !reading.every((reader) => this.readsInside(reader, node))) return null;
    const known = new Set(kernel.nodes.flatMap((one) => [one, ...one.inputs.map((input) => input.root)]));
    const fresh = inputs.filter((input) => !known.has(input));
    if (fresh.length > 1 || fresh.some((input) => numelOf(input.shape) > numelOf(node.shape))) return null;
    const nodes = [...kernel.nodes, node].sort((one, other) => one.id - other.id);
    const needs = this.place(kernel.kind, kernel.domain, nodes);
    return needs === null ? null : { nodes, needs };
  }

  /** Whether a third kernel stands between two: reads of one and is read by the other. */
  private leadsAround(a: Draft, b: Draft): boolean {
    return this.reaches(a, b) || this.reaches(b, a);
  }

  /** Whether `to` needs `from` through another kernel. */
  private reaches(from: Draft, to: Draft): boolean {
    const seen = new Set<Draft>();
    const stack: Draft[] = [];
    const add = (draft: Draft, direct: boolean): void => {
      const one = resolved(draft);
      // Ids rise along every path, so what ends before `from` begins cannot need it.
      if (one === to || (direct && one === from) || one.last < from.first || seen.has(one)) return;
      seen.add(one);
      stack.push(one);
    };
    for (const draft of to.before) add(draft, true);
    while (stack.length > 0) {
      const draft = stack.pop() as Draft;
      if (draft === from || seen.size > longestSearch) return true;
      for (const next of draft.before) add(next, false);
    }
    return false;
  }

  /** The drafts so that each comes after what it needs, else in program order. */
  private inOrder(): Draft[] {
    const out: Draft[] = [];
    const done = new Set<Draft>();
    const open = new Set<Draft>();
    for (const start of this.drafts) {
      const stack = [resolved(start)];
      while (stack.length > 0) {
        const draft = stack[stack.length - 1];
        if (done.has(draft)) {
          stack.pop();
          continue;
        }
        const waiting = [...draft.before].map(resolved).filter((other) => other !== draft && !done.has(other));
        if (waiting.length === 0 || open.has(draft)) {
          if (waiting.length > 0) throw new Error('kernels wait for each other in a circle');
          stack.pop();
          done.add(draft);
          out.push(draft);
          continue;
        }
        open.add(draft);
        // Sorted so that the first in program order runs first.
        for (const other of waiting.sort((one, two) => two.first - one.first)) stack.push(other);
      }
    }
    return out;
  }

  private kernel({ kind, domain, nodes, needs }: Draft): Kernel {
    const inside = new Set(nodes);
    const stored = kind === 'alone' ? nodes : nodes.filter((node) => this.isWritten(node, inside));
    return { kind, domain, nodes, needs, stored };
  }
}

/** Whether a formula may stand behind a product, whose program repeats it for every value that a thread owns. */
function isShort(node: Node): boolean {
  return node.op.kind === 'pointwise' && costOf(node.op, node) <= longestEpilogue;
}

function resolved(draft: Draft): Draft {
  let at = draft;
  while (at.merged !== null) at = at.merged;
  return at;
}
