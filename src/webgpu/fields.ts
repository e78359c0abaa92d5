// The parameters of a program: fields of its struct Params, each with the word that fills it. Pure.

import { type Collapsed, coordinates } from './collapse.ts';
import type { Word } from './record.ts';

/** Fields in the order in which they were asked for. */
export class Fields {
  readonly words: Word[] = [];
  private readonly names: string[] = [];
  private readonly types: string[] = [];

  /** Adds a field; returns the name under which statements after `reads` know it. */
  add(name: string, word: Word, type: 'u32' | 'f32' | 'i32' = 'u32'): string {
    this.names.push(name);
    this.types.push(type);
    this.words.push(word);
    return name;
  }

  /** WGSL of the members of Params. */
  get members(): string {
    return this.names.map((name, index) => `${name}: ${this.types[index]},`).join('\n');
  }

  /** WGSL that reads each field once: on software adapters every mention of a uniform is a read from memory. */
  get reads(): string {
    return this.names.map((name) => `let ${name} = params.${name};`).join('\n');
  }
}

/** Adds the sizes and steps of a space to the fields; WGSL that makes `at` the place of its number `of`: coordinates times steps. */
export function placeIn(fields: Fields, space: Collapsed, of: string, sizes: string, steps: string): string {
  space.shape.forEach((length, dim) => dim > 0 && fields.add(`${sizes}${dim}`, length));
  const terms = space.strides[0].map((stride, dim) => `c${dim} * params.${fields.add(`${steps}${dim}`, stride)}`);
  const split = coordinates(of, space.shape.length, (dim) => `params.${sizes}${dim}`);
  return [...split, `let at = ${terms.join(' + ')};`].join('\n');
}
