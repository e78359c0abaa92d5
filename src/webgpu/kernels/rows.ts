// Kernels that walk lines of elements: reductions with the formulas around them. Decides which programs run: one, or two
// where lines are cut into chunks. What a program looks like is rows-program.ts. Pure: it writes program calls down.

import type { Node } from '../../core/graph.ts';
import { numelOf } from '../../shape.ts';
import { linesOf, reduceAttrs } from '../domain.ts';
import { type Recorder, wgslType } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { storesOf } from './map.ts';
import { depthsOf, writeRows } from './rows-program.ts';

/** Elements that a chunk has at least. */
const shortestChunk = 1024;

/** Runs a kernel with reductions. */
export function runRows(recorder: Recorder, kernel: Kernel): void {
  const { shape, reduced } = kernel.domain;
  const lineShape = linesOf(kernel.domain);
  const placeShape = reduced.map((dim) => shape[dim]);
  const stores = storesOf(recorder, kernel);
  const isLine = (node: Node) => kernel.needs.get(node)?.form === 'line';
  const elementStores = stores.filter(({ node }) => !isLine(node));
  const lineStores = stores.filter(({ node }) => isLine(node));
  const reductions = kernel.nodes.filter((node) => reduceAttrs(node) !== null);
  const base = { recorder, kernel, lineShape, placeShape, reductions, parts: null };
  const chunks = isNested(kernel) ? 1 : chooseChunks(recorder, numelOf(lineShape), numelOf(placeShape));
  if (chunks === 1) {
    writeRows({ ...base, computed: kernel.nodes, elementStores, lineStores, partial: null, chunks });
    return;
  }
  const lines = numelOf(lineShape);
  const place = recorder.scratch(reductions.length * lines * chunks);
  // Parts of neighbouring lines lie beside each other.
  const partial = recorder.denseView(place, [reductions.length, chunks, ...lineShape], reductions[0].dtype);
  const first = neededFor(kernel, [...reductions, ...elementStores.map(({ node }) => node)]);
  writeRows({ ...base, computed: first, elementStores, lineStores: [], partial, chunks });
  const second = kernel.nodes.filter((node) => isLine(node) && !reductions.includes(node));
  const steps = partial.strides.slice(2);
  const parts = new Map(
    reductions.map((node, index) => {
      const view = { ...partial, offset: index * lines * chunks };
      return [
        node,
        { name: `p${index}`, view, strides: [...steps, lines], type: wgslType(node.dtype), picked: false },
      ] as const;
    }),
  );
  writeRows({
    ...base,
    computed: second,
    placeShape: [chunks],
    parts,
    elementStores: [],
    lineStores,
    partial: null,
    chunks: 1,
  });
}

/** Whether an element or a reduction depends on a reduction, so that a line is walked more than once. */
function isNested(kernel: Kernel): boolean {
  const found = depthsOf(kernel);
  return kernel.nodes.some((node) => {
    const depth = found.get(node) as number;
    return reduceAttrs(node) !== null ? depth > 1 : depth > 0 && kernel.needs.get(node)?.form === 'element';
  });
}

/** The nodes of the kernel from which `roots` are computed, and these. */
function neededFor(kernel: Kernel, roots: readonly Node[]): Node[] {
  const wanted = new Set(roots);
  for (const node of [...kernel.nodes].reverse()) {
    if (wanted.has(node)) for (const input of node.inputs) wanted.add(input.root);
  }
  return kernel.nodes.filter((node) => wanted.has(node));
}

/** Into how many chunks a line is cut: enough threads for the adapter, but no chunk shorter than is worth it. */
function chooseChunks(recorder: Recorder, lines: number, count: number): number {
  const enough = recorder.software ? 1024 : 1 << 14;
  if (recorder.adapter.single || lines * count < (recorder.software ? 1 << 17 : 1 << 15)) return 1;
  return Math.max(1, Math.min(Math.ceil(count / shortestChunk), Math.ceil(enough / lines)));
}
