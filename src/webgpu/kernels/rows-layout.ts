// How a program walks lines: which elements a turn takes, who shares a line, and where each operand lies at every turn. Pure
// text; what is done with the elements is rows-program.ts.
//
// A turn of a loop takes several elements: neighbours of one line, as vectors or blocks (`along`); or, of `across`
// neighbouring lines, a few elements one below the other (`deep`).

import { numelOf } from '../../shape.ts';
import type { Node } from '../../core/graph.ts';
import { collapse, coordinates } from '../collapse.ts';
import { isKernel } from '../domain.ts';
import type { Fields } from '../fields.ts';
import { Bindings, isAligned, plus, type Width } from '../memory-access.ts';
import { type Recorder, type View, wgslType } from '../record.ts';
import type { Kernel } from '../schedule.ts';
import { isPosition, type Names, type Operand, type Spot, type Values } from '../values.ts';
import type { Store } from './map.ts';

/** Threads of a workgroup, as in the template. */
export const workgroup = 64;
/** Characters of the formulas of a turn at most. */
const longestText = 32_768;

/** What one program over lines does. */
export interface RowsCall {
  readonly recorder: Recorder;
  readonly kernel: Kernel;
  /** The nodes of the kernel that it computes. */
  readonly computed: readonly Node[];
  /** Sizes of the dimensions of lines and of those within a line. */
  readonly lineShape: readonly number[];
  readonly placeShape: readonly number[];
  readonly reductions: readonly Node[];
  /** What a reduction folds where that is not its input: the parts of an earlier run. */
  readonly parts: ReadonlyMap<Node, Operand> | null;
  readonly elementStores: readonly Store[];
  readonly lineStores: readonly Store[];
  /** Where the parts of reductions go instead of values of lines, one a chunk. */
  readonly partial: View | null;
  readonly chunks: number;
}

/** An operand with its strides over the dimensions of lines and over those within a line. */
interface RowOperand {
  readonly operand: Operand;
  readonly lines: readonly number[];
  readonly places: readonly number[];
  readonly written: boolean;
}

/** The elements of a turn that are worked on together. */
interface RowSpot extends Spot {
  /** WGSL of the unit of an operand at which the turn begins (or, for turns that go deep, this row), and how far from there. */
  unit(operand: Operand): string;
  readonly first: number;
}

/** The layout of one program. */
export class RowsLayout {
  private readonly call: RowsCall;
  private readonly values: Values;
  private readonly fields: Fields;
  readonly operands: readonly RowOperand[];
  readonly lineShape: readonly number[];
  readonly placeShape: readonly number[];
  readonly lines: number;
  readonly count: number;
  readonly along: Width;
  readonly across: 1 | 4;
  readonly deep: 1 | 4;
  /** Elements of a line that a turn takes, and those that are left behind the last turn. */
  readonly step: number;
  readonly rest: number;
  /** Threads that share a chunk of a line: one, or a workgroup. */
  readonly team: number;
  readonly bindings: Bindings;
  readonly body: string[] = [];
  readonly pattern: string[] = [];
  readonly lineSpot: Spot;
  private readonly byOperand: ReadonlyMap<Operand, RowOperand>;
  /** The factor of each coordinate within a line, per operand: WGSL, or '' where it does not count. */
  private readonly steps = new Map<Operand, readonly string[]>();

  constructor(call: RowsCall, values: Values, fields: Fields) {
    this.call = call;
    this.values = values;
    this.fields = fields;
    const given = operandsOf(call, values);
    const lineSpace = collapse(
      call.lineShape,
      given.map(({ lines }) => lines),
    );
    const placeSpace = collapse(
      call.placeShape,
      given.map(({ places }) => places),
    );
    this.operands = given.map((one, index) => ({
      ...one,
      lines: lineSpace.strides[index],
      places: placeSpace.strides[index],
    }));
    this.lineShape = lineSpace.shape;
    this.placeShape = placeSpace.shape;
    this.lines = numelOf(this.lineShape);
    this.count = numelOf(this.placeShape);
    this.byOperand = new Map(this.operands.map((one) => [one.operand, one]));
    this.along = this.chooseAlong();
    this.across = this.along === 1 && this.canGoAcross() ? 4 : 1;
    this.deep = this.along === 1 && this.canGoDeep() ? 4 : 1;
    this.step = this.along * this.deep;
    this.rest = this.count % this.step;
    const { recorder, chunks } = call;
    this.team =
      recorder.software || this.across > 1 || this.count / chunks < 32 * this.step || this.isColumns() ? 1 : workgroup;
    this.bindings = new Bindings(
      this.operands
        .filter(({ operand }) => !isPosition(operand))
        .map((one) => ({ operand: one.operand, width: this.widthOf(one), written: one.written })),
      values.reports ? recorder.status : null,
    );
    this.lineSpot = this.spotOfLine();
    this.writeBegins();
  }

  /** Whether some element operand is walked with a stride, while neighbouring lines lie beside each other. */
  private isColumns(): boolean {
    const last = this.lineShape.length - 1;
    return this.operands.some(
      ({ lines, places }) => places.some((step) => step !== 0 && step !== 1) && lines[last] === 1,
    );
  }

  /** Whether there is so much to do that longer programs pay. */
  private get isLarge(): boolean {
    return !this.call.recorder.adapter.single && (this.count >= 256 || this.lines * this.count >= 4096);
  }

  private chooseAlong(): Width {
    if (this.values.reports || !this.isLarge) return 1;
    const last = this.placeShape.length - 1;
    const steps = this.operands.filter(({ places }) => places[last] !== 0);
    const fits = (width: Width) =>
      (last === 0 ? this.count >= width : this.placeShape[last] % width === 0) &&
      this.values.cost * width <= longestText &&
      steps.every((one) => this.isWide(one, width));
    return (this.call.recorder.software ? ([16, 4] as const) : ([4] as const)).find(fits) ?? 1;
  }

  /** Whether 4 lines that lie beside each other can be walked at once. */
  private canGoAcross(): boolean {
    const last = this.lineShape.length - 1;
    return (
      this.isLarge &&
      this.isColumns() &&
      this.lineShape[last] % 4 === 0 &&
      this.operands.every(({ lines, operand }) => (lines[last] === 0 || lines[last] === 1) && !isPosition(operand)) &&
      !this.values.reports &&
      // A picked position is that of one line.
      !this.call.kernel.nodes.some((node) => isKernel(node, 'gather')) &&
      this.values.cost * 4 <= longestText
    );
  }

  private canGoDeep(): boolean {
    const last = this.placeShape.length - 1;
    return (
      this.isLarge &&
      (last === 0 ? this.count >= 16 : this.placeShape[last] % 4 === 0) &&
      !this.values.reports &&
      this.values.cost * this.across * 4 <= longestText
    );
  }

  /** Whether an operand can be fetched `width` elements of a line at a time. */
  private isWide({ operand, lines, places }: RowOperand, width: Width): boolean {
    const last = places.length - 1;
    if (isPosition(operand) || operand.picked || places[last] !== 1 || !isAligned(operand, width)) return false;
    return (
      places.slice(0, last).every((step) => step % width === 0) &&
      lines.every((step, dim) => step % width === 0 || this.lineShape[dim] === 1)
    );
  }

  private widthOf(one: RowOperand): Width {
    if (this.along > 1) return this.isWide(one, this.along) ? this.along : 1;
    if (this.across === 1 || one.operand.picked || !isAligned(one.operand, 4)) return 1;
    const last = this.lineShape.length - 1;
    const others = [...one.lines.slice(0, -1), ...one.places];
    return one.lines[last] === 1 && others.every((step) => step % 4 === 0) ? 4 : 1;
  }

  /** Where each operand begins for this line, in units, and by which factors its elements follow. */
  private writeBegins(): void {
    const { fields, lineShape, placeShape, across, along } = this;
    const [lastLine, lastPlace] = [lineShape.length - 1, placeShape.length - 1];
    lineShape.forEach((length, dim) => dim > 0 && fields.add(`n${dim}`, dim === lastLine ? length / across : length));
    placeShape.forEach(
      (length, dim) => dim > 0 && fields.add(`q${dim}`, dim === lastPlace ? length / this.step : length),
    );
    this.body.push(...coordinates('o', lineShape.length, (dim) => `n${dim}`, 'l'));
    for (const { operand, lines, places } of this.operands) {
      const width = isPosition(operand) ? 1 : this.bindings.width(operand);
      const signs: string[] = [];
      const factor = (name: string, stride: number): string => {
        signs.push(stride === 0 || stride === 1 ? String(stride) : 'n');
        if (stride === 0) return '';
        return stride === 1 ? '1u' : fields.add(name, stride);
      };
      const terms: string[] = [];
      if (!isPosition(operand)) terms.push(fields.add(`o_${operand.name}`, this.bindings.begin(operand)));
      lines.forEach((stride, dim) => {
        const isLane = across > 1 && dim === lastLine;
        const by = factor(
          `l${dim}_${operand.name}`,
          lineShape[dim] === 1 ? 0 : (stride * (isLane ? across : 1)) / width,
        );
        if (by !== '') terms.push(by === '1u' ? `l${dim}` : `l${dim} * ${by}`);
      });
      this.body.push(`let b_${operand.name} = ${terms.join(' + ') || '0u'};`);
      this.steps.set(
        operand,
        places.map((stride, dim) => {
          const isBlock = along > 1 && dim === lastPlace;
          return factor(`p${dim}_${operand.name}`, (stride * (isBlock ? along : 1)) / width);
        }),
      );
      this.pattern.push(`${operand.name}:${signs.join('')}`);
    }
  }

  /** The unit of an operand at a turn, at the element `row` of it for turns that go deep. */
  private unitAt(operand: Operand, turn: string, row: number): string {
    const terms = [`b_${operand.name}`];
    const last = this.placeShape.length - 1;
    (this.steps.get(operand) as readonly string[]).forEach((factor, dim) => {
      if (factor === '') return;
      let position = last === 0 ? turn : `${turn}${dim}`;
      if (dim === last && this.deep > 1) position = `(${position} * ${this.deep}u + ${row}u)`;
      terms.push(factor === '1u' ? position : `${position} * ${factor}`);
    });
    return terms.join(' + ');
  }

  private isFixed(operand: Operand): boolean {
    return (this.byOperand.get(operand) as RowOperand).places.every((stride) => stride === 0);
  }

  private spotOfLine(): Spot {
    const { bindings, values, body, across } = this;
    const last = this.lineShape.length - 1;
    const spot: Spot = {
      lanes: across,
      out: body,
      known: new Map(),
      common: new Map(),
      kept: new Map(),
      line: null,
      load: (operand) => {
        const { lines } = this.byOperand.get(operand) as RowOperand;
        const count = lines[last] === 1 ? across : 1;
        return bindings.read(operand, `b_${operand.name}`, 0, count, values.name(), body);
      },
      at: (operand) => [`b_${operand.name}`],
      element: (operand, at, offset) => bindings.element(operand, at, offset),
      pick: (position) => this.pickedSpot(position),
    };
    return spot;
  }

  /** The spots of a turn: a vector each or, for turns that go deep, a row each; of the rest behind the last turn. */
  spotsOf(out: string[], turn: string, kept: ReadonlyMap<Node, Operand>): RowSpot[] {
    const { along, across, bindings, values } = this;
    const step = turn === 'turns' ? this.rest : this.step;
    const common: Names = new Map();
    const units = new Map<Operand, string>();
    const unitOfTurn = (operand: Operand): string => {
      let name = units.get(operand);
      if (name === undefined) {
        units.set(operand, (name = values.name()));
        out.push(`let ${name} = ${this.unitAt(operand, turn, 0)};`);
      }
      return name;
    };
    const [lastLine, lastPlace] = [this.lineShape.length - 1, this.placeShape.length - 1];
    const moves = (operand: Operand): boolean => {
      const { lines, places } = this.byOperand.get(operand) as RowOperand;
      return along > 1 ? places[lastPlace] === 1 : across > 1 && lines[lastLine] === 1;
    };
    const vector = (start: number): RowSpot => {
      const lanes = along > 1 ? Math.min(4, step - start) : across;
      const first = along > 1 ? start : 0;
      const unit = along > 1 ? unitOfTurn : (operand: Operand) => this.unitAt(operand, turn, start);
      return {
        lanes,
        first,
        unit,
        out,
        known: new Map(),
        common: along > 1 ? common : new Map(),
        kept,
        line: this.lineSpot,
        load: (operand) => {
          if (this.isFixed(operand)) return this.loadOnce(operand);
          const [from, count] = moves(operand) ? [first, lanes] : [0, 1];
          return bindings.read(operand, unit(operand), from, count, values.name(), out);
        },
        at: (operand) => {
          const at = unit(operand);
          return moves(operand) ? Array.from({ length: lanes }, (_, lane) => plus(at, first + lane)) : [at];
        },
        element: (operand, at, offset) => bindings.element(operand, at, offset),
        pick: (position) => this.pickedSpot(position),
      };
    };
    const size = along > 1 ? 4 : 1;
    return Array.from({ length: Math.ceil(step / size) }, (_, index) => vector(index * size));
  }

  /** What is the same for all elements of a line is read before the loop. */
  private loadOnce(operand: Operand): readonly string[] {
    const { known } = this.lineSpot;
    let names = known.get(operand);
    if (names === undefined) known.set(operand, (names = this.lineSpot.load(operand)));
    return names;
  }

  /** The element of a line at a position that only the GPU knows. */
  private pickedSpot(position: string): Spot {
    const { bindings, values, body } = this;
    const offset = (operand: Operand): string => {
      // Only lines along one dimension have picked positions.
      const [stride] = (this.byOperand.get(operand) as RowOperand).places;
      if (stride === 0) return '0u';
      if (stride === 1) return position;
      return `${position} * ${(this.steps.get(operand) as readonly string[])[0]}`;
    };
    return {
      lanes: 1,
      out: body,
      known: new Map(),
      common: new Map(),
      kept: new Map(),
      line: this.lineSpot,
      load: (operand) => {
        const name = values.name();
        body.push(`let ${name} = ${bindings.element(operand, `b_${operand.name}`, offset(operand))};`);
        return [name];
      },
      at: (operand) => [`b_${operand.name} + ${offset(operand)}`],
      element: (operand, at, far) => bindings.element(operand, at, far),
      pick: (other) => this.pickedSpot(other),
    };
  }
}

/** What a program reads and writes, by the dimensions of lines and of places within a line. */
function operandsOf(call: RowsCall, values: Values): RowOperand[] {
  const { reduced } = call.kernel.domain;
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
    ...[...call.elementStores, ...call.lineStores].map(({ operand }) => splitOperand(operand, true)),
  ];
  if (call.partial !== null) {
    const { partial } = call;
    const type = wgslType(partial.dtype);
    const operand: Operand = { name: 'partial', view: partial, strides: [], type, picked: false };
    given.push({ operand, lines: partial.strides.slice(2), places: reduced.map(() => 0), written: true });
  }
  return given;
}
