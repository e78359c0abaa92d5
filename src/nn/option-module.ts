// The one form of modules that are a function with options: activations and losses. A class is a signature list, the
// function over options and inputs, and what printing shows; the options are properties under their names, tensors among
// them buffers. Knows no such module.

import type { Args, Param } from '../core/signature.ts';
import { bind } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { type Named, pythonText, snakeCase } from './arguments.ts';
import { Module } from './module.ts';

/** A module whose `forward` takes the inputs `I`. */
export interface OptionModule<I extends readonly unknown[], R> extends Module {
  forward(...inputs: I): R;
}

type OptionModuleClass<P extends readonly Param[], I extends readonly unknown[], R> = new (
  ...args: Args<P>
) => OptionModule<I, R> & Named<P>;

/** What printing shows of each option: `name=value` in PyTorch's spelling, those that are left out by `shown` skipped. */
export type Shown<P extends readonly Param[]> = (options: Named<P>) => readonly (string | null)[];

/** Options as PyTorch prints them: `name=value`. */
export function named(options: Readonly<Record<string, unknown>>, ...names: readonly string[]): string[] {
  return names.map((name) => `${snakeCase(name)}=${pythonText(options[name])}`);
}

/** The text of an `inplace` option, which is shown where it is on. */
export const inplaceText = ({ inplace }: { readonly inplace: boolean }): string | null =>
  inplace ? 'inplace=True' : null;

/** A class to extend: `class Softsign extends optionModule([], (_, input: Tensor) => softsign(input)) {}`. */
export function optionModule<const P extends readonly Param[], const I extends readonly unknown[], R>(
  signature: P,
  forward: (options: Named<P> & { readonly training: boolean }, ...inputs: I) => R,
  shown: Shown<P> = () => [],
): OptionModuleClass<P, I, R> {
  class Made extends Module {
    constructor(...args: readonly unknown[]) {
      super();
      const values = bind(`nn.${this.typeName()}`, signature, args);
      for (const [at, { name, kind }] of signature.entries()) {
        // A module or a tensor among the options is a child or a buffer; null in the place of a tensor is none.
        if (values[at] instanceof Tensor || kind === 'a tensor') this.registerBuffer(name, values[at] as Tensor | null);
        else Reflect.set(this, name, values[at]);
      }
    }

    forward(...inputs: readonly unknown[]): unknown {
      return (forward as (...all: readonly unknown[]) => unknown)(this, ...inputs);
    }

    protected override stateName(property: string): string {
      return snakeCase(property);
    }

    override extraRepr(): string {
      return shown(this as unknown as Named<P>)
        .filter((text) => text !== null)
        .join(', ');
    }
  }
  return Made as unknown as OptionModuleClass<P, I, R>;
}
