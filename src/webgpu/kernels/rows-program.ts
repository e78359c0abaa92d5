// The program that walks lines: one loop for each depth of reductions, what is folded and stored in it, and what follows for
// the line. Pure: it writes a program call down. How lines are walked is rows-layout.ts.

import template from '../../../shaders/rows.wgsl?raw';
import type { Node } from '../../core/graph.ts';
import type { KernelAttrs } from '../../core/op.ts';
import { coordinates } from '../collapse.ts';
import { type Needs, reduceAttrs } from '../domain.ts';
import { Fields } from '../fields.ts';
import { costOf } from '../formulas.ts';
import { wgslType } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { type Operand, type Spot, Values } from '../values.ts';
import { type Accumulator, accumulator, folds } from './folds.ts';
import type { Store } from './map.ts';
import { RowsLayout, type RowsCall, workgroup } from './rows-layout.ts';

/** Characters of a formula from which on software adapters read a value again sooner than compute it again. */
const dearest = 300;

/** One loop over the elements of a line. */
interface Loop {
  readonly folding: readonly Node[];
  readonly storing: Store[];
  /** Values that earlier loops left in memory. */
  readonly kept: Map<Node, Operand>;
}

/** How deep the reductions are that each node depends on: 0 for none. */
export function depthsOf(kernel: Kernel): Map<Node, number> {
  const found = new Map<Node, number>();
  for (const node of kernel.nodes) {
    const depth = Math.max(0, ...node.inputs.map((input) => found.get(input.root) ?? 0));
    found.set(node, reduceAttrs(node) === null ? depth : depth + 1);
  }
  return found;
}

/** Writes the program down. */
export function writeRows(call: RowsCall): void {
  const fields = new Fields();
  const values = new Values(call.recorder, call.kernel, call.computed, fields);
  new WalkWriter(call, values, fields).write();
}

class WalkWriter {
  private readonly call: RowsCall;
  private readonly values: Values;
  private readonly fields: Fields;
  private readonly layout: RowsLayout;

  constructor(call: RowsCall, values: Values, fields: Fields) {
    this.call = call;
    this.values = values;
    this.fields = fields;
    this.layout = new RowsLayout(call, values, fields);
  }

  write(): void {
    const { call, values, fields, layout } = this;
    const { recorder, chunks } = call;
    const { body, bindings, team } = layout;
    const turns = Math.floor(layout.count / layout.step);
    fields.add('turns', turns);
    if (chunks > 1) {
      fields.add('chunks', chunks);
      fields.add('turns_of_chunk', Math.ceil(turns / chunks));
    }
    for (const loop of this.loops()) this.writeLoop(loop);
    this.writeLines();
    const { types, buffers } = bindings.declare();
    const key = [
      'rows',
      layout.along,
      layout.across,
      layout.deep,
      layout.rest,
      team,
      chunks > 1 ? 'parts' : '',
      layout.lineShape.length,
      layout.placeShape.length,
      layout.pattern.join(','),
      bindings.key,
      call.parts === null ? '' : 'joins',
      ...call.reductions.map((node) => `${attrsOf(node).fn}${call.kernel.nodes.indexOf(node)}`),
      ...values.key,
      ...[...call.elementStores, ...call.lineStores].map(({ node }) => call.kernel.nodes.indexOf(node)),
    ].join('|');
    const share =
      team > 1
        ? ['let owner = group.x + group.y * groups.x;', 'let member = local;']
        : [`let owner = (group.x + group.y * groups.x) * ${workgroup}u + local;`];
    const cut = chunks > 1 ? ['let o = owner / chunks;', 'let chunk = owner - o * chunks;'] : ['let o = owner;'];
    const range =
      chunks > 1
        ? ['let first = min(chunk * turns_of_chunk, turns);', 'let end = min(first + turns_of_chunk, turns);']
        : ['let first = 0u;', 'let end = turns;'];
    const shared = new Set(call.reductions.map((node) => wgslType(node.dtype)));
    const source = (): string =>
      assemble(template, {
        TYPES: [
          types,
          ...(team > 1 ? [...shared].map((type) => `var<workgroup> shared_${type}: array<${type}, 64>;`) : []),
        ].join('\n'),
        FIELDS: fields.members,
        BUFFERS: buffers,
        SHARE: [...share, fields.reads, ...cut].join('\n'),
        WALKS: [...range, ...body].join('\n'),
      });
    const lines = layout.lines / layout.across;
    const owners = lines * chunks;
    recorder.run(
      { key, source, access: bindings.access, parameters: [lines, ...fields.words], buffers: bindings.buffers },
      owners * team,
      workgroup,
    );
  }

  /** The loops over a line: one for each depth of reductions, and what of their values is kept between them. */
  private loops(): Loop[] {
    const { call } = this;
    const reached = depthsOf(call.kernel);
    const most = Math.max(0, ...call.reductions.map((node) => reached.get(node) as number));
    const all = Array.from({ length: most + 1 }, (_, depth): Loop => ({
      folding: call.reductions.filter((node) => reached.get(node) === depth + 1),
      storing: call.elementStores.filter(({ node }) => reached.get(node) === depth),
      kept: new Map(),
    })).filter(({ folding, storing }) => folding.length + storing.length > 0);
    if (call.recorder.software) for (const node of [...call.computed].reverse()) this.keep(node, all);
    return all;
  }

  /** Keeps a value that several loops need and that is dear, where what is stored last goes, until then. */
  private keep(node: Node, loops: readonly Loop[]): void {
    if (node.op.kind !== 'pointwise' || costOf(node.op, node) < dearest) return;
    const users = loops.filter((loop) => this.computes(loop).has(node));
    if (users.length < 2) return;
    const [first, ...others] = users;
    const last = others[others.length - 1];
    let store = first.storing.find((one) => one.node === node);
    if (store === undefined) {
      const taken = new Set(loops.flatMap(({ kept }) => [...kept.values()]));
      const free = last.storing.find(({ operand }) => {
        const sharing = this.layout.operands.filter(
          (one) => one.operand.view.place.buffer === operand.view.place.buffer,
        );
        return sharing.length === 1 && operand.type === wgslType(node.dtype) && !taken.has(operand);
      });
      if (free === undefined) return;
      store = { node, operand: free.operand };
      first.storing.push(store);
    }
    for (const loop of others) loop.kept.set(node, store.operand);
  }

  /** The values of elements that a loop computes. */
  private computes({ folding, storing, kept }: Loop): Set<Node> {
    const found = new Set<Node>();
    const add = (node: Node): void => {
      if (found.has(node) || kept.has(node) || this.call.kernel.needs.get(node)?.form !== 'element') return;
      found.add(node);
      for (const input of node.inputs) add(input.root);
    };
    if (this.call.parts === null) for (const node of folding) add(node.inputs[0].root);
    for (const { node } of storing) add(node);
    return found;
  }

  private writeLoop(loop: Loop): void {
    const { values, layout } = this;
    const { body, team } = layout;
    const totals = loop.folding.map((node) =>
      Array.from({ length: layout.across }, () => accumulator(attrsOf(node).fn, wgslType(node.dtype), values.name())),
    );
    const flat = totals.flat();
    const inner: string[] = [];
    if (layout.placeShape.length > 1)
      inner.push(...coordinates('k', layout.placeShape.length, (dim) => `q${dim}`, 'k'));
    this.writeTurn(inner, 'k', loop, totals);
    const rest: string[] = [];
    if (layout.rest > 0) {
      rest.push(...flat.flatMap((one) => one.begin));
      this.writeTurn(rest, 'turns', loop, totals);
      rest.push(...flat.flatMap((one) => one.join));
    }
    // What the elements need of their line stands before the loop: it was written while they were.
    body.push(...flat.flatMap((one) => one.declare));
    const k = team > 1 ? 'first + member' : 'first';
    const next = team > 1 ? `k += ${team}u` : 'k++';
    const begins = flat.flatMap((one) => one.begin);
    if (begins.length === 0) body.push(`for (var k = ${k}; k < end; ${next}) {`, ...inner, '}');
    else {
      const run = (layout.step === 1 ? 64 : 16) * team;
      body.push(`for (var k = ${k}; k < end;) {`, `let stop = min(k + ${run}u, end);`, ...begins);
      body.push(`for (; k < stop; ${next}) {`, ...inner, '}', ...flat.flatMap((one) => one.join), '}');
    }
    if (layout.rest > 0) {
      const mine = [this.call.chunks > 1 ? 'chunk == chunks - 1u' : '', team > 1 ? 'member == 0u' : ''];
      const condition = mine.filter((one) => one !== '').join(' && ');
      body.push(condition === '' ? '{' : `if (${condition}) {`, ...rest, '}');
    }
    body.push(...flat.flatMap((one) => one.finish));
    loop.folding.forEach((node, index) => {
      const names = totals[index].map(({ name }) => name);
      if (team > 1) body.push(...this.meet(node, names[0]));
      layout.lineSpot.known.set(node, names);
    });
  }

  private writeTurn(out: string[], turn: string, loop: Loop, totals: readonly (readonly Accumulator[])[]): void {
    const { values, layout } = this;
    const { across } = layout;
    const gathered: string[][][] = totals.map((lanes) => lanes.map(() => []));
    for (const spot of layout.spotsOf(out, turn, loop.kept)) {
      const all = (names: readonly string[]) =>
        Array.from({ length: spot.lanes }, (_, lane) => names[names.length === 1 ? 0 : lane]);
      loop.folding.forEach((node, index) => {
        const part = this.call.parts?.get(node);
        const names = all(part === undefined ? this.folded(node, spot) : spot.load(part));
        names.forEach((name, lane) => gathered[index][across > 1 ? lane : 0].push(name));
      });
      const written = loop.storing.map(({ node }) => all(values.value(node, spot)));
      loop.storing.forEach(({ operand }, index) =>
        layout.bindings.write(operand, spot.unit(operand), spot.first, written[index], out),
      );
    }
    totals.forEach((lanes, index) => lanes.forEach((one, lane) => out.push(...one.add(gathered[index][lane]))));
  }

  /** The elements that a reduction folds. */
  private folded(node: Node, spot: Spot): readonly string[] {
    const [input] = node.inputs;
    if (this.call.kernel.needs.has(input.root)) return this.values.value(input.root, spot);
    return this.values.input(node, 0, spot);
  }

  /** The members of a team join their totals as a tree; all then know the result. */
  private meet(node: Node, name: string): string[] {
    const type = wgslType(node.dtype);
    const shared = `shared_${type}`;
    return [
      `${shared}[local] = ${name};`,
      `for (var half = ${this.layout.team / 2}u; half > 0u; half = half / 2u) {`,
      'workgroupBarrier();',
      `if (local < half) { ${shared}[local] = ${folds[attrsOf(node).fn].step(`${shared}[local]`, `${shared}[local + half]`, type)}; }`,
      '}',
      'workgroupBarrier();',
      `${name} = ${shared}[0];`,
      'workgroupBarrier();',
    ];
  }

  /** Values of lines, or the parts of their reductions. */
  private writeLines(): void {
    const { call, values, layout } = this;
    const { body, lineSpot, bindings } = layout;
    const out: string[] = [];
    const write = (operand: Operand, unit: string, names: readonly string[]) => {
      const all = Array.from({ length: layout.across }, (_, lane) => names[names.length === 1 ? 0 : lane]);
      bindings.write(operand, unit, 0, all, out);
    };
    if (call.partial !== null) {
      const { operand } = layout.operands[layout.operands.length - 1];
      const width = bindings.width(operand);
      const [chunk, part] = [
        this.fields.add('part_of_chunk', layout.lines / width),
        this.fields.add('part', (layout.lines * call.chunks) / width),
      ];
      call.reductions.forEach((node, index) => {
        const unit = `b_${operand.name} + chunk * ${chunk} + ${index}u * ${part}`;
        write(operand, unit, lineSpot.known.get(node) as readonly string[]);
      });
    }
    // Values of lines that are only checked, or that nobody stores, still run where a check hangs on them.
    if (values.reports) {
      for (const node of call.kernel.nodes) {
        if ((call.kernel.needs.get(node) as Needs).form === 'line') values.value(node, lineSpot);
      }
    }
    for (const { node, operand } of call.lineStores) {
      write(operand, `b_${operand.name}`, values.value(node, lineSpot));
    }
    if (out.length === 0) return;
    if (layout.team > 1) body.push('if (member == 0u) {', ...out, '}');
    else body.push(...out);
  }
}

function attrsOf(node: Node): KernelAttrs['reduce'] {
  return reduceAttrs(node) as KernelAttrs['reduce'];
}
