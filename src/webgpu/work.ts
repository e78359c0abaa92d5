// What the commands of a kernel move and compute, found from the nodes that it fuses and the buffers that its commands bind.
// Pure. Copies say it themselves, so that joins and writes to a part are counted exactly.

import { foreachOf, type Node } from '../core/graph.ts';
import type { Work } from '../core/report.ts';
import { formatShape, numelOf } from '../shape.ts';
import { elementsRead, elementsWritten, flopsOf, foreachWork, sizesOf, touched } from '../inspect/work.ts';
import { isKernel, isProduct, reduceAttrs } from './domain.ts';
import type { Command, Place } from './record.ts';
import type { Kernel } from './schedule.ts';

const elementBytes = 4;

/** Elements that a kernel reads and writes in one buffer. */
interface Use {
  read: number;
  written: number;
}

/** Work of elements that are read and written. */
export function moved(read: number, written: number, flops = 0): Work {
  return { read: read * elementBytes, written: written * elementBytes, flops };
}

/** Works one after the other. */
export function sum(works: readonly Work[]): Work {
  const total = (pick: (work: Work) => number) => works.reduce((all, work) => all + pick(work), 0);
  return { read: total(({ read }) => read), written: total((one) => one.written), flops: total(({ flops }) => flops) };
}

/** The index space of a kernel, for people. */
export function sizesOfKernel({ kind, domain, nodes }: Kernel): string {
  const product = nodes.find(isProduct);
  if (product !== undefined) return sizesOf(product);
  return kind === 'alone' ? sizesOf(nodes[0]) : formatShape(domain.shape);
}

/** Writes down the work of the commands of a kernel: those from `start` on. */
export function appraise(
  kernel: Kernel,
  commands: Command[],
  start: number,
  placeOf: (root: Node) => Place | undefined,
): void {
  const own: number[] = [];
  for (let at = start; at < commands.length; at++) if (commands[at].work === null) own.push(at);
  if (own.length === 0) return;
  const [node] = kernel.nodes;
  const list = foreachWork(node);
  if (list !== null) {
    // One command walks all tensors as a line, or there is one for each.
    for (const at of own) {
      const { buffers, access } = commands[at];
      const elements = own.length === 1 ? list.elements : buffers[0].size;
      const written = [...access].filter((letter) => letter === 'w').length;
      const read = buffers.length - (foreachOf(node)?.rule.fresh === true ? written : 0);
      const work = moved(elements * read, elements * written, elements * list.flops);
      commands[at] = { ...commands[at], work };
    }
    return;
  }
  const uses = usesOf(kernel, placeOf);
  // Of two runs over lines the first sees the elements, the second the lines; before a product there may be copies.
  const late = (one: Node) =>
    kernel.kind === 'product' ? !isProduct(one) : kernel.needs.get(one)?.form === 'line' && reduceAttrs(one) === null;
  const flops = (which: boolean) =>
    kernel.nodes.reduce((all, one) => all + (Boolean(late(one)) === which ? flopsOf(one) : 0), 0);
  own.forEach((at, index) => {
    const count = (index === 0 ? flops(false) : 0) + (index === own.length - 1 ? flops(true) : 0);
    commands[at] = { ...commands[at], work: boundWork(commands[at], uses, count) };
  });
}

/** What a command moves in the buffers that it binds. */
function boundWork({ buffers, access }: Command, uses: ReadonlyMap<number, Use>, flops: number): Work {
  let [read, written] = [0, 0];
  const seen = new Set<number>();
  buffers.forEach((place) => {
    if (place.kind === 'status' || seen.has(place.buffer)) return;
    seen.add(place.buffer);
    const use = uses.get(place.buffer);
    const writes = buffers.some((other, at) => other.buffer === place.buffer && access[at] === 'w');
    // Memory of the kernel's own is used from end to end.
    read += use?.read ?? (writes ? 0 : place.size);
    if (writes) written += use?.written ?? place.size;
  });
  return moved(read, written, flops);
}

/** The elements that a kernel reads and writes, by the number of the buffer. */
function usesOf(kernel: Kernel, placeOf: (root: Node) => Place | undefined): Map<number, Use> {
  const inside = new Set(kernel.nodes.flatMap((node) => [node, ...(node.outputs ?? [])]));
  /** Elements read of each place through each layout. */
  const reads = new Map<Place, Map<string, number>>();
  for (const node of kernel.nodes) {
    node.inputs.forEach((input, index) => {
      const place = inside.has(input.root) ? undefined : placeOf(input.root);
      // What a scatter adds to is copied before.
      if (place === undefined || (kernel.kind === 'alone' && isKernel(node, 'scatter') && index === 0)) return;
      const access = kernel.needs.get(node)?.inputs[index];
      const picks = isKernel(node, 'gather') && index === 0;
      const elements =
        access == null || picks ? elementsRead(node, index) : touched(kernel.domain.shape, access.strides);
      const layouts = reads.get(place) ?? new Map<string, number>();
      reads.set(place, layouts.set(`${input.offset}:${(access?.strides ?? input.strides).join(',')}`, elements));
    });
  }
  const uses = new Map<number, Use>();
  const useOf = ({ buffer }: Place): Use => {
    const use = uses.get(buffer) ?? { read: 0, written: 0 };
    uses.set(buffer, use);
    return use;
  };
  for (const [place, layouts] of reads) {
    const all = [...layouts.values()].reduce((count, elements) => count + elements, 0);
    useOf(place).read += Math.min(all, place.size);
  }
  for (const node of kernel.stored) {
    const scattered = kernel.kind === 'alone' && isKernel(node, 'scatter');
    const results = node.outputs ?? [node];
    for (const result of results) {
      const place = placeOf(result);
      if (place === undefined) continue;
      const elements = scattered ? numelOf(node.inputs[2].shape) : elementsWritten(result);
      useOf(place).written += elements;
      if (scattered) useOf(place).read += elements;
    }
  }
  return uses;
}
