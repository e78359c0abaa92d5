// WGSL for the values of one kernel: what is read, by which index, and the formulas in between. Several elements are worked
// on at once (lanes), each in a variable of its own. Pure: text and parameters, no GPU object.

import type { Node } from '../core/graph.ts';
import type { KernelAttrs } from '../core/op.ts';
import type { Fields } from './fields.ts';
import { type Access, isKernel, type Needs } from './domain.ts';
import { costOf, formulaText, scatterJoin } from './formulas.ts';
import { settledOf } from './reassociation.ts';
import { type Recorder, type View, wgslType } from './record.ts';
import type { Kernel } from './schedule.ts';

/** Something in memory that a kernel reads or writes, by strides over the kernel's domain. */
export interface Operand {
  /** Part of the names of its parameters. */
  readonly name: string;
  readonly view: View;
  readonly strides: readonly number[];
  readonly type: 'f32' | 'i32';
  /** It is read at positions that only the GPU knows. */
  picked: boolean;
}

/** Names in WGSL. */
export type Names = Map<Node | Operand, readonly string[]>;

/** Where in its loops a kernel computes values: it knows the index of each lane. */
export interface Spot {
  /** Elements that are computed at once. */
  readonly lanes: number;
  /** Statements so far. */
  readonly out: string[];
  /** Names of the values computed and of the operands read here: one a lane, or one for all. */
  readonly known: Names;
  /** Those that are one for all, which several spots in a row may share. */
  readonly common: Names;
  /** Values that an earlier loop left in memory. */
  readonly kept: ReadonlyMap<Node, Operand>;
  /** Where the values of lines are computed, for a spot inside a line; itself otherwise. */
  readonly line: Spot | null;
  /** WGSL of the elements read, one a lane or one for all. */
  load(operand: Operand): readonly string[];
  /** The index at which each lane reads an operand, one a lane or one for all. */
  at(operand: Operand): readonly string[];
  /** WGSL of the element that lies `offset` elements after a place of `at`. */
  element(operand: Operand, at: string, offset: string): string;
  /** A spot at one position of the line. */
  pick(position: string): Spot;
}

/** The reads, parameters and statements of one kernel. */
export class Values {
  readonly kernel: Kernel;
  readonly recorder: Recorder;
  /** What is read from memory, by node and index map; and positions, which have strides but no memory. */
  readonly reads: Operand[] = [];
  readonly fields: Fields;
  /** What the text depends on, besides the kind of kernel. */
  readonly key: string[] = [];
  private readonly computed: readonly Node[];
  private readonly inside: ReadonlySet<Node>;
  private readonly readOf = new Map<string, Operand>();
  private readonly numbers = new Map<Node, string>();
  private readonly checks = new Map<Node, string>();
  /** The size that a check compares with, and the stride that a gather steps by. */
  private readonly sizes = new Map<Node, string>();
  /** Values that compilers must not see through, and the parameter, always 0, that keeps them from it. */
  private readonly settled: ReadonlySet<Node>;
  private zero: string | null = null;
  private nextName = 0;

  /** `computed`: the nodes of the kernel that this program computes; `fields`: where its parameters go. */
  constructor(recorder: Recorder, kernel: Kernel, computed: readonly Node[], fields: Fields) {
    this.fields = fields;
    this.recorder = recorder;
    this.kernel = kernel;
    this.inside = new Set(kernel.nodes);
    // All reads are known before the first index is written: together they say which dimensions are needed.
    this.computed = computed;
    this.settled = settledOf(computed);
    for (const node of computed) this.collect(node);
  }

  private collect(node: Node): void {
    const needs = this.kernel.needs.get(node);
    if (needs === undefined) return;
    const parts: string[] = [node.op.name, node.dtype, needs.form];
    if (isKernel(node, 'reduce')) parts.push((node.op as { attrs: KernelAttrs['reduce'] }).attrs.fn);
    if (isKernel(node, 'scatter')) parts.push((node.op as { attrs: KernelAttrs['scatter'] }).attrs.mode);
    if (isKernel(node, 'checkIndex')) {
      const { size, negative } = (node.op as { attrs: KernelAttrs['checkIndex'] }).attrs;
      parts.push(negative ? 'wraps' : '');
      this.numberField(node, `size${this.checks.size}`, size);
      this.checks.set(node, this.fields.add(`check${this.checks.size}`, this.recorder.check(node)));
    }
    if (needs.position !== null) parts.push(this.operand(null, node, needs.position).name);
    needs.inputs.forEach((access, index) => {
      const input = node.inputs[index];
      if (this.number(input) !== null) parts.push(this.number(input) as string);
      else if (this.inside.has(input.root)) parts.push(`v${this.kernel.nodes.indexOf(input.root)}`);
      else if (access !== null) parts.push(this.operand(access, node, access.strides).name);
      if (isKernel(node, 'gather') && index === 0 && !this.inside.has(input.root) && access !== null) {
        this.operand(access, node, access.strides).picked = true;
        this.numberField(node, `step${this.sizes.size}`, input.strides[1]);
      }
      parts.push(input.dtype);
    });
    this.key.push(parts.join(' '));
  }

  private numberField(node: Node, name: string, value: number): void {
    this.sizes.set(node, this.fields.add(name, value));
  }

  /** The operand that reads `access` (or counts positions, for null), made once for all equal ones. */
  private operand(access: Access | null, node: Node, strides: readonly number[]): Operand {
    const view = access === null ? positions : this.recorder.view(access.node);
    const who =
      access === null ? 'position' : `${view.place.kind}${view.place.index}@${view.place.start}+${view.offset}`;
    const key = `${who}:${strides.join(',')}`;
    const known = this.readOf.get(key);
    if (known !== undefined) return known;
    const type = access === null ? 'i32' : wgslType((access.node ?? node).dtype);
    const made: Operand = { name: `r${this.reads.length}`, view, strides, type, picked: false };
    this.reads.push(made);
    this.readOf.set(key, made);
    return made;
  }

  /** The parameter of a number of the user's, or of a number spread over a shape; null for other nodes. */
  private number(node: Node): string | null {
    const { root } = node;
    const scalar =
      root.op.kind === 'scalar' ? root : isKernel(root, 'fill') && !this.inMemory(root) ? root.inputs[0].root : null;
    if (scalar === null) return null;
    let name = this.numbers.get(root);
    if (name === undefined) {
      const type = wgslType(root.dtype);
      name = this.fields.add(`x${this.numbers.size}`, this.recorder.number(scalar, type), type);
      this.numbers.set(root, name);
    }
    return name;
  }

  /** Whether the schedule made a kernel for a fill, whose value is then read like any other. */
  private inMemory(fill: Node): boolean {
    return this.inside.has(fill) || this.recorder.isPlaced(fill);
  }

  /** The names of the values of `node` at a spot, one a lane or one for all; writes the statements that they need. */
  value(node: Node, spot: Spot): readonly string[] {
    const needs = this.kernel.needs.get(node) as Needs | undefined;
    if (needs?.form === 'line' && spot.line !== null) return this.value(node, spot.line);
    return this.remembered(node, spot, () => {
      if (needs === undefined) throw new Error(`${node.op.name} is no value of this kernel`);
      const kept = spot.kept.get(node);
      return kept === undefined ? this.formula(node, needs, spot) : spot.load(kept);
    });
  }

  /** The names under which a spot knows something; `make` writes it down where it does not yet. */
  private remembered(what: Node | Operand, spot: Spot, make: () => readonly string[]): readonly string[] {
    const known = spot.known.get(what) ?? spot.common.get(what);
    if (known !== undefined) return known;
    const names = make();
    (names.length < spot.lanes ? spot.common : spot.known).set(what, names);
    return names;
  }

  /** What `node` takes as its input `index`. */
  input(node: Node, index: number, spot: Spot): readonly string[] {
    const input = node.inputs[index];
    const number = this.number(input);
    if (number !== null) return [number];
    if (this.inside.has(input.root)) return this.value(input.root, spot);
    const access = (this.kernel.needs.get(node) as Needs).inputs[index] as Access;
    const operand = this.operand(access, node, access.strides);
    return this.remembered(operand, spot, () => (operand.view === positions ? spot.at(operand) : spot.load(operand)));
  }

  private formula(node: Node, needs: Needs, spot: Spot): readonly string[] {
    if (node.op.kind === 'pointwise') {
      const inputs = node.inputs.map((_, index) => this.input(node, index, spot));
      const formula = formulaText(node.op, node);
      const text = this.settled.has(node) ? `wg_settle(${formula}, ${this.zeroField()})` : formula;
      return this.each(spot, inputs, wgslType(node.dtype), (names) => substitute(text, names));
    }
    if (isKernel(node, 'fill')) {
      return this.each(spot, [this.input(node, 0, spot)], wgslType(node.dtype), ([value]) => value);
    }
    if (isKernel(node, 'gather')) return this.gathered(node, needs, spot);
    if (isKernel(node, 'scatter')) return this.scattered(node, needs, spot);
    return this.checked(node, spot);
  }

  private zeroField(): string {
    return (this.zero ??= this.fields.add('zero', 0));
  }

  private gathered(node: Node, needs: Needs, spot: Spot): readonly string[] {
    const index = this.input(node, 1, spot);
    const [x] = node.inputs;
    const type = wgslType(node.dtype);
    if (this.inside.has(x.root)) {
      const picked = this.name();
      spot.out.push(`let ${picked} = u32(${index[0]});`);
      return this.value(x.root, spot.pick(picked));
    }
    const access = needs.inputs[0] as Access;
    const operand = this.operand(access, node, access.strides);
    const step = this.sizes.get(node) as string;
    return this.each(spot, [spot.at(operand), index], type, ([at, picked]) =>
      spot.element(operand, at, `u32(${picked}) * ${step}`),
    );
  }

  /** One entry a line along the dimension: each element knows whether it is the one. */
  private scattered(node: Node, needs: Needs, spot: Spot): readonly string[] {
    const { mode } = (node.op as { attrs: KernelAttrs['scatter'] }).attrs;
    const position = spot.at(this.operand(null, node, needs.position as readonly number[]));
    const inputs = [0, 1, 2].map((index) => this.input(node, index, spot));
    return this.each(spot, [position, ...inputs], wgslType(node.dtype), ([at, base, index, source]) => {
      return `select(${base}, ${scatterJoin(mode, base, source, node.dtype)}, i32(${at}) == ${index})`;
    });
  }

  /** An index as a position from the start; one outside is reported, and read as 0. */
  private checked(node: Node, spot: Spot): readonly string[] {
    const { negative } = (node.op as { attrs: KernelAttrs['checkIndex'] }).attrs;
    const size = this.sizes.get(node) as string;
    const word = this.checks.get(node) as string;
    const inputs = this.input(node, 0, spot);
    return inputs.map((input) => {
      const [given, kept] = [this.name(), this.name()];
      const place = negative ? `select(${given}, ${given} + i32(${size}), ${given} < 0)` : given;
      spot.out.push(`let ${given} = ${input};`, `var ${kept} = ${place};`);
      spot.out.push(`if (${kept} < 0 || ${kept} >= i32(${size})) { status[${word}] = 1u; ${kept} = 0; }`);
      return kept;
    });
  }

  /** One statement a lane; one for all where every input is. */
  private each(
    spot: Spot,
    inputs: readonly (readonly string[])[],
    type: string,
    text: (names: readonly string[]) => string,
  ): readonly string[] {
    const lanes = Math.max(1, ...inputs.map((names) => names.length));
    return Array.from({ length: lanes }, (_, lane) => {
      const name = this.name();
      const value = text(inputs.map((names) => names[names.length === 1 ? 0 : lane]));
      spot.out.push(`let ${name}: ${type} = ${value};`);
      return name;
    });
  }

  /** A fresh name. */
  name(): string {
    return `v${this.nextName++}`;
  }

  /** How long the text of one lane is, with the functions that it calls: several lanes repeat it. */
  get cost(): number {
    return this.computed.reduce((sum, node) => {
      // Values of lines are computed once, outside the loops.
      if (this.kernel.needs.get(node)?.form === 'line') return sum;
      return sum + 40 + (node.op.kind === 'pointwise' ? costOf(node.op, node) : 0);
    }, 0);
  }

  /** Whether an index is checked on the way. */
  get reports(): boolean {
    return this.checks.size > 0;
  }
}

const positions: View = {
  place: { kind: 'scratch', index: -1, size: 0, buffer: -2, aligned: 1, start: 0 },
  offset: 0,
  shape: [],
  strides: [],
  dtype: 'int32',
};

/** Whether an operand only counts positions. */
export function isPosition(operand: Operand): boolean {
  return operand.view === positions;
}

/** The formula with its letters replaced by names. */
function substitute(text: string, names: readonly string[]): string {
  return text.replace(/\b[abc]\b/g, (letter) => names['abc'.indexOf(letter)] ?? letter);
}
