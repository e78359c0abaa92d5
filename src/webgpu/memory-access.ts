// How the operands of a kernel are bound and indexed: single elements, vectors of 4 or blocks of 16. Pure text.
//
// An index into a buffer counts units of what one index brings, so that places of vectors and blocks need no division where
// they are used: software adapters shift lane by lane.

import { NotImplementedError } from '../errors.ts';
import type { Place, Word } from './record.ts';
import type { Operand } from './values.ts';

/** Elements that one index brings. */
export type Width = 1 | 4 | 16;

/** A storage buffer of a program. */
interface Binding {
  readonly name: string;
  readonly place: Place;
  readonly type: 'f32' | 'i32';
  readonly width: Width;
  written: boolean;
}

/** The vectors of a block, and the numbers of a vector. */
const vectors = ['a', 'b', 'c', 'd'];
const letters = ['x', 'y', 'z', 'w'];

/** The storage bindings of one program. */
export class Bindings {
  private readonly bindings: Binding[] = [];
  private readonly status: Place | null;
  /** The number of the binding of each operand. */
  private readonly bound: readonly number[];

  /** `status`: the words of checks, where a check is made. */
  constructor(
    operands: readonly { readonly operand: Operand; readonly width: Width; readonly written: boolean }[],
    status: Place | null,
  ) {
    this.status = status;
    for (const { operand, width, written } of operands) {
      const { place } = operand.view;
      const known = this.find(operand);
      if (known === undefined) {
        // One buffer is bound once: as wide as the narrowest of its operands.
        const sharing = operands.filter((other) => other.operand.view.place.buffer === place.buffer);
        const narrow = Math.min(...sharing.map((other) => other.width)) as Width;
        this.bindings.push({ name: `m${this.bindings.length}`, place, type: operand.type, width: narrow, written });
        continue;
      }
      known.written ||= written;
      if (known.type !== operand.type)
        throw new NotImplementedError({ op: 'kernel', fact: 'a buffer of floats and integers is written' });
      if (width < known.width) throw new Error('a buffer is bound wider than an operand');
    }
    this.bound = operands.map(({ operand }) => this.bindings.indexOf(this.of(operand)));
  }

  private find(operand: Operand): Binding | undefined {
    return this.bindings.find((one) => one.place.buffer === operand.view.place.buffer);
  }

  private of(operand: Operand): Binding {
    const found = this.find(operand);
    if (found === undefined) throw new Error('an operand is not bound');
    return found;
  }

  /** Elements of a unit of the operand's buffer. */
  width(operand: Operand): Width {
    return this.of(operand).width;
  }

  /** The unit at which an operand begins. */
  begin(operand: Operand): Word {
    const { place, offset } = operand.view;
    return { base: place, plus: offset, per: this.width(operand) };
  }

  get buffers(): Place[] {
    const all = this.bindings.map(({ place }) => place);
    return this.status === null ? all : [...all, this.status];
  }

  get access(): string {
    return this.bindings.map(({ written }) => (written ? 'w' : 'r')).join('') + (this.status === null ? '' : 'w');
  }

  /** What the declarations and the names of operands depend on: two operands may share a buffer. */
  get key(): string {
    const kinds = this.bindings.map(({ type, width, written }) => `${type}${width}${written ? 'w' : 'r'}`);
    return `${kinds.join(',')}:${this.bound.join(',')}`;
  }

  /** WGSL of the block types and of the bindings. */
  declare(first = 1): { readonly types: string; readonly buffers: string } {
    const blocks = new Set(this.bindings.filter(({ width }) => width === 16).map(({ type }) => type));
    const types = [...blocks].flatMap((type) => [
      `struct Block_${type} { ${vectors.map((name) => `${name}: vec4<${type}>`).join(', ')} }`,
      `fn part_${type}(block: Block_${type}, at: u32) -> ${type} {`,
      `  var parts = array<vec4<${type}>, 4>(${vectors.map((name) => `block.${name}`).join(', ')});`,
      '  return parts[at / 4u][at % 4u];',
      '}',
    ]);
    const lines = this.bindings.map(({ name, type, width, written }, index) => {
      const unit = width === 16 ? `Block_${type}` : width === 4 ? `vec4<${type}>` : type;
      return `@group(0) @binding(${first + index}) var<storage, ${written ? 'read_write' : 'read'}> ${name}: array<${unit}>;`;
    });
    if (this.status !== null)
      lines.push(`@group(0) @binding(${first + lines.length}) var<storage, read_write> status: array<u32>;`);
    return { types: types.join('\n'), buffers: lines.join('\n') };
  }

  /** WGSL of the element `offset` (WGSL too) elements after a unit, which may lie anywhere in a later unit. */
  element(operand: Operand, unit: string, offset: string): string {
    const { name, type, width } = this.of(operand);
    if (width === 1) return `${name}[${unit} + ${offset}]`;
    const from = `${name}[${unit} + (${offset}) / ${width}u]`;
    return width === 4 ? `${from}[(${offset}) % 4u]` : `part_${type}(${from}, (${offset}) % 16u)`;
  }

  /**
   * Reads up to 4 neighbours: elements `first` .. `first + count - 1` after the unit `unit`. Returns their names, and writes
   * the statements under names that begin with `name`.
   */
  read(operand: Operand, unit: string, first: number, count: number, name: string, out: string[]): string[] {
    const { width } = this.of(operand);
    if (width === 1) {
      return Array.from({ length: count }, (_, lane) => {
        out.push(`let ${name}_${lane} = ${this.vector(operand, unit, first + lane)};`);
        return `${name}_${lane}`;
      });
    }
    out.push(`let ${name} = ${this.vector(operand, unit, first)};`);
    return letters.slice(0, count).map((letter) => `${name}.${letter}`);
  }

  /** Writes as many neighbours as there are values. */
  write(operand: Operand, unit: string, first: number, values: readonly string[], out: string[]): void {
    const { type, width } = this.of(operand);
    const target = (lane: number) =>
      width === 1 ? this.vector(operand, unit, first + lane) : `${this.vector(operand, unit, first)}.${letters[lane]}`;
    if (width > 1 && values.length === 4)
      out.push(`${this.vector(operand, unit, first)} = vec4<${type}>(${values.join(', ')});`);
    else values.forEach((value, lane) => out.push(`${target(lane)} = ${value};`));
  }

  /** The vector (or, bound by elements, the element) that begins `first` elements after a unit. */
  private vector(operand: Operand, unit: string, first: number): string {
    const { name, width } = this.of(operand);
    if (width === 16) return `${name}[${plus(unit, Math.floor(first / 16))}].${vectors[(first % 16) / 4]}`;
    return `${name}[${plus(unit, first / width)}]`;
  }
}

/** A sum of WGSL with a constant. */
export function plus(text: string, constant: number): string {
  return constant === 0 ? text : `${text} + ${constant}u`;
}

/** Whether a place and offset allow an index that brings `width` elements. */
export function isAligned(operand: Operand, width: Width): boolean {
  return operand.view.place.aligned % width === 0 && operand.view.offset % width === 0;
}
