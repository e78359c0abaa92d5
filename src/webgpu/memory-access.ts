// How the operands of a kernel are bound and indexed: single elements, vectors of 4 or blocks of 16. Pure text.

import { NotImplementedError } from '../errors.ts';
import type { Place } from './record.ts';
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

/** The storage bindings of one program. */
export class Bindings {
  private readonly bindings: Binding[] = [];
  private readonly status: Place | null;

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
  }

  private find(operand: Operand): Binding | undefined {
    return this.bindings.find((one) => one.place.buffer === operand.view.place.buffer);
  }

  private of(operand: Operand): Binding {
    return this.find(operand) as Binding;
  }

  /** Elements that one index of the operand's buffer brings. */
  width(operand: Operand): Width {
    return this.of(operand).width;
  }

  get buffers(): Place[] {
    const all = this.bindings.map(({ place }) => place);
    return this.status === null ? all : [...all, this.status];
  }

  get access(): string {
    return this.bindings.map(({ written }) => (written ? 'w' : 'r')).join('') + (this.status === null ? '' : 'w');
  }

  /** What the declarations depend on. */
  get key(): string {
    return this.bindings.map(({ type, width, written }) => `${type}${width}${written ? 'w' : 'r'}`).join(',');
  }

  /** WGSL of the block types and of the bindings. */
  declare(first = 1): { readonly types: string; readonly buffers: string } {
    const blocks = new Set(this.bindings.filter(({ width }) => width === 16).map(({ type }) => type));
    const types = [...blocks].flatMap((type) => [
      `struct Block_${type} { a: vec4<${type}>, b: vec4<${type}>, c: vec4<${type}>, d: vec4<${type}> }`,
      `fn part_${type}(block: Block_${type}, at: u32) -> ${type} {`,
      `  var parts = array<vec4<${type}>, 4>(block.a, block.b, block.c, block.d);`,
      '  return parts[at >> 2u][at & 3u];',
      '}',
    ]);
    const lines = this.bindings.map(({ name, type, width, written }, index) => {
      const element = width === 16 ? `Block_${type}` : width === 4 ? `vec4<${type}>` : type;
      return `@group(0) @binding(${first + index}) var<storage, ${written ? 'read_write' : 'read'}> ${name}: array<${element}>;`;
    });
    if (this.status !== null)
      lines.push(`@group(0) @binding(${first + lines.length}) var<storage, read_write> status: array<u32>;`);
    return { types: types.join('\n'), buffers: lines.join('\n') };
  }

  /** WGSL of one element at an index; of a block it can be read, not written. */
  element(operand: Operand, at: string): string {
    const { name, width } = this.of(operand);
    if (width === 1) return `${name}[${at}]`;
    if (width === 4) return `${name}[(${at}) >> 2u][(${at}) & 3u]`;
    return `part_${this.of(operand).type}(${name}[(${at}) >> 4u], (${at}) & 15u)`;
  }

  /** WGSL of the vector or block that begins at an index. */
  wide(operand: Operand, at: string): string {
    const { name, width } = this.of(operand);
    return `${name}[(${at}) >> ${width === 16 ? 4 : 2}u]`;
  }

  /** The elements of a vector or block in the variable `name`. */
  parts(operand: Operand, name: string): string[] {
    const letters = ['x', 'y', 'z', 'w'];
    if (this.width(operand) === 4) return letters.map((letter) => `${name}.${letter}`);
    return ['a', 'b', 'c', 'd'].flatMap((part) => letters.map((letter) => `${name}.${part}.${letter}`));
  }

  /** The vector or block of values. */
  joined(operand: Operand, values: readonly string[]): string {
    const { type, width } = this.of(operand);
    const vector = (part: readonly string[]) => `vec4<${type}>(${part.join(', ')})`;
    if (width === 4) return vector(values);
    return `Block_${type}(${[0, 4, 8, 12].map((start) => vector(values.slice(start, start + 4))).join(', ')})`;
  }
}

/** Whether a place and offset allow an index that brings `width` elements. */
export function isAligned(operand: Operand, width: Width): boolean {
  return operand.view.place.aligned % width === 0 && operand.view.offset % width === 0;
}
