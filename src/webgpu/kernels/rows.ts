// Kernels that walk lines of elements: reductions with the formulas around them. Decides how lines are shared out (chunks,
// teams, lanes) and writes the walks. Pure: it writes program calls down.

import template from '../../../shaders/rows.wgsl?raw';
import type { KernelAttrs, Node, ReduceFn } from '../../graph.ts';
import { numelOf } from '../../shape.ts';
import { collapse, coordinates } from '../collapse.ts';
import { linesOf, type Needs, reduceAttrs } from '../domain.ts';
import { Bindings, isAligned, type Width } from '../memory-access.ts';
import { begin, type Recorder, type View, wgslType, type Word } from '../record.ts';
import type { Group } from '../schedule.ts';
import { assemble } from '../shader.ts';
import { isPosition, type Operand, type Spot, Values } from '../values.ts';
import { folds } from './folds.ts';
import { type Store, storesOf } from './map.ts';

/** Threads of a workgroup, as in the template. */
const workgroup = 64;
/** Elements that a chunk has at least. */
const shortestChunk = 1024;
/** Characters of the formulas of all lanes at most. */
const longestText = 16_384;

/** An operand with its strides over the dimensions of lines and over those within a line. */
interface RowOperand {
  readonly operand: Operand;
  readonly lines: readonly number[];
  readonly places: readonly number[];
  readonly written: boolean;
}

/** One program over lines. */
interface Walk {
  readonly recorder: Recorder;
  readonly group: Group;
  readonly values: Values;
  /** Sizes of the dimensions of lines and of those within a line. */
  readonly lineShape: readonly number[];
  readonly placeShape: readonly number[];
  readonly reductions: readonly Node[];
  /** What a reduction folds: its input, or the parts of an earlier run. */
  readonly parts: ReadonlyMap<Node, Operand> | null;
  readonly elementStores: readonly Store[];
  readonly lineStores: readonly Store[];
  /** Where the parts of reductions go instead of values of lines, one a chunk. */
  readonly partial: View | null;
  readonly chunks: number;
}

/** Runs a group with reductions. */
export function runRows(recorder: Recorder, group: Group): void {
  const { shape, reduced } = group.domain;
  const lineShape = linesOf(group.domain);
  const placeShape = reduced.map((dim) => shape[dim]);
  const stores = storesOf(recorder, group);
  const isLine = (node: Node) => group.needs.get(node)?.form === 'line';
  const elementStores = stores.filter(({ node }) => !isLine(node));
  const lineStores = stores.filter(({ node }) => isLine(node));
  const reductions = group.nodes.filter((node) => reduceAttrs(node) !== null);
  const base = { recorder, group, lineShape, placeShape, reductions, parts: null };
  const chunks = isNested(group) ? 1 : chooseChunks(recorder, numelOf(lineShape), numelOf(placeShape));
  if (chunks === 1) {
    walk({
      ...base,
      values: new Values(recorder, group, group.nodes),
      elementStores,
      lineStores,
      partial: null,
      chunks,
    });
    return;
  }
  const lines = numelOf(lineShape);
  const place = recorder.scratch(reductions.length * lines * chunks);
  // Parts of neighbouring lines lie beside each other.
  const partial = recorder.denseView(place, [reductions.length, chunks, ...lineShape], reductions[0].dtype);
  const first = neededFor(group, [...reductions, ...elementStores.map(({ node }) => node)]);
  walk({ ...base, values: new Values(recorder, group, first), elementStores, lineStores: [], partial, chunks });
  const second = group.nodes.filter((node) => isLine(node) && !reductions.includes(node));
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
  walk({
    ...base,
    values: new Values(recorder, group, second),
    placeShape: [chunks],
    parts,
    elementStores: [],
    lineStores,
    partial: null,
    chunks: 1,
  });
}

/** How deep the reductions are that each node depends on: 0 for none. */
function depths(group: Group): Map<Node, number> {
  const found = new Map<Node, number>();
  for (const node of group.nodes) {
    const depth = Math.max(0, ...node.inputs.map((input) => found.get(input.root) ?? 0));
    found.set(node, reduceAttrs(node) === null ? depth : depth + 1);
  }
  return found;
}

/** Whether an element or a reduction depends on a reduction, so that a line is walked more than once. */
function isNested(group: Group): boolean {
  const found = depths(group);
  return group.nodes.some((node) => {
    const depth = found.get(node) as number;
    return reduceAttrs(node) !== null ? depth > 1 : depth > 0 && group.needs.get(node)?.form === 'element';
  });
}

/** The nodes of the group from which `roots` are computed, and these. */
function neededFor(group: Group, roots: readonly Node[]): Node[] {
  const wanted = new Set(roots);
  for (const node of [...group.nodes].reverse()) {
    if (wanted.has(node)) for (const input of node.inputs) wanted.add(input.root);
  }
  return group.nodes.filter((node) => wanted.has(node));
}

/** Into how many chunks a line is cut: enough threads for the adapter, but no chunk shorter than is worth it. */
function chooseChunks(recorder: Recorder, lines: number, count: number): number {
  const enough = recorder.software ? 1024 : 1 << 14;
  if (lines * count < (recorder.software ? 1 << 17 : 1 << 15)) return 1;
  return Math.max(1, Math.min(Math.ceil(count / shortestChunk), Math.ceil(enough / lines)));
}

function walk(call: Walk): void {
  const { group, values, chunks } = call;
  const stored = [...call.elementStores, ...call.lineStores];
  const { reduced } = group.domain;
  const splitOperand = (operand: Operand, written: boolean): RowOperand => ({
    operand,
    lines: operand.strides.filter((_, dim) => !reduced.includes(dim)),
    // In a run over parts nothing else has elements.
    places: call.parts !== null ? [0] : reduced.map((dim) => operand.strides[dim]),
    written,
  });
  const given: RowOperand[] = [
    ...values.reads.map((operand) => splitOperand(operand, false)),
    ...[...(call.parts?.values() ?? [])].map((operand) => ({
      operand,
      lines: operand.strides.slice(0, -1),
      places: operand.strides.slice(-1),
      written: false,
    })),
    ...stored.map(({ operand }) => splitOperand(operand, true)),
  ];
  if (call.partial !== null) {
    const { partial } = call;
    const operand: Operand = {
      name: 'partial',
      view: partial,
      strides: [],
      type: wgslType(partial.dtype),
      picked: false,
    };
    given.push({ operand, lines: partial.strides.slice(2), places: reduced.map(() => 0), written: true });
  }
  const lineSpace = collapse(
    call.lineShape,
    given.map(({ lines }) => lines),
  );
  const placeSpace = collapse(
    call.placeShape,
    given.map(({ places }) => places),
  );
  const operands = given.map((one, index) => ({
    ...one,
    lines: lineSpace.strides[index],
    places: placeSpace.strides[index],
  }));
  new WalkWriter(call, operands, lineSpace.shape, placeSpace.shape, chunks).write();
}

class WalkWriter {
  private readonly call: Walk;
  private readonly operands: readonly RowOperand[];
  private readonly lineShape: readonly number[];
  private readonly placeShape: readonly number[];
  private readonly lines: number;
  private readonly count: number;
  /** Neighbouring elements of a line, or neighbouring lines, that a thread takes at once. */
  private readonly along: Width;
  private readonly across: Width;
  private readonly team: number;
  private readonly bindings: Bindings;
  private readonly fields: string[] = [];
  private readonly parameters: Word[] = [];
  private readonly body: string[] = [];
  private readonly pattern: string[] = [];
  private readonly lineSpot: Spot;
  private readonly byOperand: ReadonlyMap<Operand, RowOperand>;
  private readonly begins = new Map<Operand, string>();
  private readonly steps = new Map<Operand, readonly string[]>();
  private readonly chunks: number;

  constructor(
    call: Walk,
    operands: readonly RowOperand[],
    lineShape: readonly number[],
    placeShape: readonly number[],
    chunks: number,
  ) {
    this.call = call;
    this.operands = operands;
    this.lineShape = lineShape;
    this.placeShape = placeShape;
    this.chunks = chunks;
    this.lines = numelOf(lineShape);
    this.count = numelOf(placeShape);
    this.byOperand = new Map(operands.map((one) => [one.operand, one]));
    this.along = this.chooseAlong();
    this.across = this.along === 1 ? this.chooseAcross() : 1;
    const { software } = call.recorder;
    this.team = software || this.across > 1 || this.count / chunks < 32 || this.isColumns() ? 1 : workgroup;
    const inMemory = operands.filter(({ operand }) => !isPosition(operand));
    const { values, recorder } = call;
    this.bindings = new Bindings(
      inMemory.map((one) => ({ operand: one.operand, width: this.widthOf(one), written: one.written })),
      values.reports ? recorder.status : null,
    );
    this.lineSpot = this.makeSpot(this.body, this.across, null, null);
  }

  /** Whether some element operand is walked with a stride, while neighbouring lines lie beside each other. */
  private isColumns(): boolean {
    const last = this.lineShape.length - 1;
    return this.operands.some(({ lines, places }) => places.some((step) => step > 1) && lines[last] === 1);
  }

  private chooseAlong(): Width {
    if (this.placeShape.length !== 1 || this.call.values.reports) return 1;
    const moving = this.operands.filter(({ places }) => places[0] !== 0);
    if (moving.some(({ places, operand }) => places[0] !== 1 || isPosition(operand))) return 1;
    const most = this.call.recorder.software ? ([16, 4] as const) : ([4] as const);
    const fits = (width: Width) =>
      this.count >= width &&
      // Elements of the rest are written one by one, which blocks do not allow.
      (width < 16 || this.count % width === 0 || this.call.elementStores.length === 0) &&
      this.lines * this.count >= 4096 &&
      this.call.values.cost * width <= longestText &&
      moving.every((one) => this.isWide(one, width));
    return most.find(fits) ?? 1;
  }

  private chooseAcross(): Width {
    const last = this.lineShape.length - 1;
    const steps = this.operands.map(({ lines }) => lines[last]);
    const fits =
      this.isColumns() &&
      this.lineShape[last] % 4 === 0 &&
      steps.every((step) => step <= 1) &&
      !this.operands.some(({ operand }) => isPosition(operand)) &&
      !this.call.values.reports &&
      this.lines * this.count >= 4096 &&
      this.call.values.cost * 4 <= longestText;
    return fits ? 4 : 1;
  }

  /** Whether an operand can be fetched `width` elements of a line at a time. */
  private isWide({ operand, lines, places }: RowOperand, width: Width): boolean {
    if (operand.picked || places[0] !== 1 || !isAligned(operand, width)) return false;
    return lines.every((step, dim) => step % width === 0 || this.lineShape[dim] === 1);
  }

  private widthOf(one: RowOperand): Width {
    if (one.operand.picked) return 1;
    if (this.along > 1) return this.isWide(one, this.along) ? this.along : 1;
    if (this.across === 1 || !isAligned(one.operand, 4)) return 1;
    const last = this.lineShape.length - 1;
    const others = [...one.lines.slice(0, -1), ...one.places];
    return one.lines[last] === 1 && others.every((step) => step % 4 === 0) ? 4 : 1;
  }

  private field(name: string, word: Word): string {
    this.fields.push(`${name}: u32,`);
    this.parameters.push(word);
    return `params.${name}`;
  }

  write(): void {
    const { call, body } = this;
    const { recorder, values } = call;
    this.parameters.push(this.lines, this.count, this.chunks);
    const per = this.field('blocks', Math.ceil(Math.floor(this.count / this.along) / this.chunks));
    if (this.team === 1) body.push('if (!inside) { return; }');
    this.writeBegins();
    const reached = depths(call.group);
    const most = Math.max(0, ...call.reductions.map((node) => reached.get(node) as number));
    for (let depth = 0; depth <= most; depth++) {
      const folding = call.reductions.filter((node) => reached.get(node) === depth + 1);
      const storing = call.elementStores.filter(({ node }) => reached.get(node) === depth);
      if (folding.length + storing.length > 0) this.writeWalk(folding, storing, per);
    }
    this.writeLines();
    const { types, buffers } = this.bindings.declare();
    const key = [
      'rows',
      this.along,
      this.across,
      this.team,
      this.chunks > 1 ? 'parts' : '',
      this.count % this.along === 0 ? '' : 'rest',
      this.lineShape.length,
      this.placeShape.length,
      this.pattern.join(','),
      this.bindings.key,
      call.parts === null ? '' : 'joins',
      ...call.reductions.map(
        (node) => `${(reduceAttrs(node) as KernelAttrs['reduce']).fn}${call.group.nodes.indexOf(node)}`,
      ),
      ...values.key,
      ...[...call.elementStores, ...call.lineStores].map(({ node }) => call.group.nodes.indexOf(node)),
    ].join('|');
    const fields = [...this.fields, ...values.fields];
    const parameters = [...this.parameters, ...values.words];
    const source = (): string =>
      assemble(template, {
        TYPES: [
          `const team = ${this.team}u;`,
          `const lanes = ${this.across}u;`,
          types,
          ...(this.team > 1 ? ['f32', 'i32'].map((type) => `var<workgroup> shared_${type}: array<${type}, 64>;`) : []),
        ].join('\n'),
        FIELDS: fields.join('\n'),
        BUFFERS: buffers,
        WALKS: body.join('\n'),
      });
    const owners = Math.ceil(this.lines / this.across) * this.chunks;
    recorder.runGroups(
      { key, source, access: this.bindings.access, parameters, buffers: this.bindings.buffers },
      Math.ceil(owners / (workgroup / this.team)),
    );
  }

  /** Where each operand begins for this line, and by which steps its elements follow. */
  private writeBegins(): void {
    const rank = this.lineShape.length;
    if (rank > 1) this.lineShape.forEach((length, dim) => dim > 0 && this.field(`n${dim}`, length));
    if (this.placeShape.length > 1) this.placeShape.forEach((length, dim) => dim > 0 && this.field(`m${dim}`, length));
    this.body.push(coordinates('o', rank, 'n', 'l'));
    for (const { operand, lines, places } of this.operands) {
      const terms = isPosition(operand) ? [] : [this.field(`o_${operand.name}`, begin(operand.view))];
      lines.forEach((step, dim) => {
        if (step === 1) terms.push(`l${dim}`);
        else if (step !== 0) terms.push(`l${dim} * ${this.field(`l${dim}_${operand.name}`, step)}`);
      });
      const name = `b_${operand.name}`;
      this.body.push(`let ${name} = ${terms.join(' + ') || '0u'};`);
      this.begins.set(operand, name);
      this.steps.set(
        operand,
        places.map((step, dim) => (step > 1 ? this.field(`p${dim}_${operand.name}`, step) : String(step))),
      );
      const sign = (step: number) => (step > 1 ? 'n' : step);
      this.pattern.push(`${operand.name}:${lines.map(sign).join('')}/${places.map(sign).join('')}`);
    }
  }

  /** A spot: the values of lines (`r` null), or of the elements from r on. */
  private makeSpot(out: string[], lanes: number, line: Spot | null, r: string | null): Spot {
    const { values } = this.call;
    const place = (operand: Operand): string => {
      const begins = this.begins.get(operand) as string;
      if (r === null) return begins;
      const steps = this.steps.get(operand) as readonly string[];
      const terms = steps.flatMap((step, dim) => {
        const position = steps.length === 1 ? r : `${r}_${dim}`;
        return step === '0' ? [] : [step === '1' ? position : `${position} * ${step}`];
      });
      return [begins, ...terms].join(' + ');
    };
    /** Whether the lanes see different elements of an operand. */
    const moves = (operand: Operand): boolean => {
      const { lines, places } = this.byOperand.get(operand) as RowOperand;
      if (lanes === 1) return false;
      return this.across > 1 ? lines[lines.length - 1] === 1 : r !== null && places[0] === 1;
    };
    return {
      lanes,
      out,
      line,
      known: new Map(),
      load: (operand) => {
        const at = place(operand);
        const name = values.name();
        if (!moves(operand)) {
          out.push(`let ${name} = ${this.bindings.element(operand, at)};`);
          return [name];
        }
        if (this.bindings.width(operand) === lanes) {
          out.push(`let ${name} = ${this.bindings.wide(operand, at)};`);
          return this.bindings.parts(operand, name);
        }
        return Array.from({ length: lanes }, (_, lane) => {
          out.push(`let ${name}_${lane} = ${this.bindings.element(operand, `${at} + ${lane}u`)};`);
          return `${name}_${lane}`;
        });
      },
      at: (operand) => {
        const at = place(operand);
        return moves(operand) ? Array.from({ length: lanes }, (_, lane) => `${at} + ${lane}u`) : [at];
      },
      element: (operand, at) => this.bindings.element(operand, at),
      pick: (position) => this.makeSpot(out, 1, line ?? this.lineSpot, position),
    };
  }

  /** One walk over the elements: `folding` are reduced, `storing` written. */
  private writeWalk(folding: readonly Node[], storing: readonly Store[], per: string): void {
    const { call, body, along, team } = this;
    const { values } = call;
    const totals = folding.map((node) => this.accumulators(node));
    const inner: string[] = [];
    this.writeElements(inner, along, folding, storing, totals);
    const limit = `min(${per}, blocks_all - min(chunk * ${per}, blocks_all))`;
    // What the elements need of their line stands before the loop: it was written while they were.
    totals.flatMap(({ declare }) => declare).forEach((line) => body.push(line));
    const suffix = values.name();
    const [steps, block] = [`steps_${suffix}`, `block_${suffix}`];
    const total = along === 1 ? 'params.count' : `(params.count / ${along}u)`;
    body.push(`let ${steps} = ${limit.replaceAll('blocks_all', total)};`);
    const turns = team === 1 ? steps : `(${steps} + ${team - 1}u - member) / ${team}u`;
    body.push(`for (var k = 0u; k < ${turns}; k++) {`);
    body.push(`let ${block} = chunk * ${per} + ${team === 1 ? 'k' : `k * ${team}u + member`};`);
    body.push(`let r = ${along === 1 ? block : `${block} * ${along}u`};`, this.placeCoordinates('r'));
    body.push(...inner);
    const turn = along === 1 ? 63 : 15;
    const joins = totals.flatMap(({ join }) => join);
    if (joins.length > 0) body.push(`if ((k & ${turn}u) == ${turn}u) {`, ...joins, '}');
    body.push('}');
    if (this.count % along !== 0) {
      const rest: string[] = [];
      this.writeElements(rest, 1, folding, storing, totals);
      body.push(`if (chunk == params.chunks - 1u && member == 0u) {`);
      body.push(`for (var r = params.count / ${along}u * ${along}u; r < params.count; r++) {`);
      body.push(...rest, '}', '}');
    }
    folding.forEach((node, index) => {
      body.push(...totals[index].join);
      if (team > 1) body.push(...this.meet(node, totals[index].names[0]));
      this.lineSpot.known.set(node, totals[index].names);
    });
  }

  private placeCoordinates(r: string): string {
    if (this.placeShape.length === 1) return '';
    return coordinates(r, this.placeShape.length, 'm', `${r}_`).replaceAll(`${r}__rest`, `rest_${r}`);
  }

  private writeElements(
    out: string[],
    lanes: number,
    folding: readonly Node[],
    storing: readonly Store[],
    totals: readonly Accumulators[],
  ): void {
    const { call, across } = this;
    const { values } = call;
    const spot = this.makeSpot(out, across > 1 ? across : lanes, this.lineSpot, 'r');
    folding.forEach((node, index) => {
      const part = call.parts?.get(node);
      const names = part === undefined ? this.folded(node, spot) : spot.load(part);
      const { fn } = reduceAttrs(node) as KernelAttrs['reduce'];
      const type = wgslType(node.dtype);
      if (across > 1)
        totals[index].runs.forEach((run, lane) =>
          out.push(`${run} = ${folds[fn].step(run, names[names.length === 1 ? 0 : lane], type)};`),
        );
      else {
        const all = Array.from({ length: spot.lanes }, (_, lane) => names[names.length === 1 ? 0 : lane]);
        out.push(`${totals[index].runs[0]} = ${folds[fn].step(totals[index].runs[0], tree(fn, all, type), type)};`);
      }
    });
    for (const { node, operand } of storing) {
      const names = values.value(node, spot);
      this.writeStore(out, spot, operand, names);
    }
  }

  /** The elements that a reduction folds. */
  private folded(node: Node, spot: Spot): readonly string[] {
    const [input] = node.inputs;
    if (this.call.group.needs.has(input.root)) return this.call.values.value(input.root, spot);
    return this.call.values.input(node, 0, spot);
  }

  private writeStore(out: string[], spot: Spot, operand: Operand, names: readonly string[]): void {
    const places = spot.at(operand);
    if (places.length === 1) out.push(`${this.bindings.element(operand, places[0])} = ${names[0]};`);
    else if (this.bindings.width(operand) === places.length) {
      const all = places.map((_, lane) => names[names.length === 1 ? 0 : lane]);
      out.push(
        `${this.bindings.wide(operand, places[0].replace(/ \+ 0u$/, ''))} = ${this.bindings.joined(operand, all)};`,
      );
    } else
      places.forEach((at, lane) =>
        out.push(`${this.bindings.element(operand, at)} = ${names[names.length === 1 ? 0 : lane]};`),
      );
  }

  /** The variables in which a reduction adds up: runs that join totals. */
  private accumulators(node: Node): Accumulators {
    const { values } = this.call;
    const { fn } = reduceAttrs(node) as KernelAttrs['reduce'];
    const type = wgslType(node.dtype);
    const names = Array.from({ length: this.across }, () => values.name());
    const runs = names.map((name) => `${name}_run`);
    const start = folds[fn].start[type];
    const declare = names.flatMap((name, lane) => [`var ${name} = ${start};`, `var ${runs[lane]} = ${start};`]);
    const join = names.flatMap((name, lane) => [
      `${name} = ${folds[fn].step(name, runs[lane], type)};`,
      `${runs[lane]} = ${start};`,
    ]);
    return { names, runs, declare, join };
  }

  /** The members of a team join their totals as a tree; all then know the result. */
  private meet(node: Node, name: string): string[] {
    const { fn } = reduceAttrs(node) as KernelAttrs['reduce'];
    const type = wgslType(node.dtype);
    const shared = `shared_${type}`;
    return [
      `${shared}[local] = ${name};`,
      `for (var half = ${this.team / 2}u; half > 0u; half = half / 2u) {`,
      'workgroupBarrier();',
      `if (local < half) { ${shared}[local] = ${folds[fn].step(`${shared}[local]`, `${shared}[local + half]`, type)}; }`,
      '}',
      'workgroupBarrier();',
      `${name} = ${shared}[0];`,
      'workgroupBarrier();',
    ];
  }

  /** Values of lines, or the parts of their reductions. */
  private writeLines(): void {
    const { call, body, lineSpot } = this;
    const out: string[] = [];
    if (call.partial !== null) {
      const operand = this.operands[this.operands.length - 1].operand;
      const begins = this.begins.get(operand) as string;
      const stride = this.field('part', this.lines * this.chunks);
      call.reductions.forEach((node, index) => {
        (lineSpot.known.get(node) as readonly string[]).forEach((name, lane) => {
          const at = `${begins} + ${lane}u + chunk * params.lines + ${index}u * ${stride}`;
          out.push(`${this.bindings.element(operand, at)} = ${name};`);
        });
      });
    }
    // Values of lines that are only checked, or that nobody stores, still run where a check hangs on them.
    if (call.values.reports) {
      for (const node of call.group.nodes) {
        if ((call.group.needs.get(node) as Needs).form === 'line') call.values.value(node, lineSpot);
      }
    }
    for (const { node, operand } of call.lineStores) {
      const names = call.values.value(node, lineSpot);
      this.writeStore(out, lineSpot, operand, names);
    }
    if (out.length > 0) body.push(`if (inside && member == 0u) {`, ...out, '}');
  }
}

interface Accumulators {
  readonly names: readonly string[];
  readonly runs: readonly string[];
  readonly declare: readonly string[];
  readonly join: readonly string[];
}

/** Values folded pair by pair. */
function tree(fn: ReduceFn, names: readonly string[], type: 'f32' | 'i32'): string {
  if (names.length === 1) return names[0];
  const half = names.length / 2;
  return `(${folds[fn].step(tree(fn, names.slice(0, half), type), tree(fn, names.slice(half), type), type)})`;
}
