// No function without a row in PARITY.md: one that is exported, or a method, whose name the table does not have does not
// compile here. `npm run parity` writes the names. Nothing of this file runs.
import type * as wgrad from '../../src/index.ts';
import type { ParityNames } from './parity-names.ts';

/** The names of the functions and classes of a module. */
type Called<M> = {
  [K in keyof M]: M[K] extends ((...args: never) => unknown) | (abstract new (...args: never) => unknown) ? K : never;
}[keyof M];
/** Errors have no rows. */
type Errors = {
  [K in keyof typeof wgrad]: (typeof wgrad)[K] extends abstract new (...args: never) => Error ? K : never;
};

/** The functions of a module that no row names. */
type Missing<M, Section extends keyof ParityNames> = Exclude<
  Called<M> & string,
  ParityNames[Section] | Errors[keyof Errors]
>;

/** Each is empty: a name in an error message here wants a row. */
export type NoneMissing = [
  None<Exclude<Missing<typeof wgrad, 'torch'>, ParityNames['torch.Tensor']>>,
  None<Missing<wgrad.Tensor, 'torch.Tensor'>>,
  None<Missing<typeof wgrad.nn, 'torch.nn'>>,
  None<Missing<typeof wgrad.nn.functional, 'torch.nn.functional'>>,
  None<Missing<typeof wgrad.nn.init, 'torch.nn.init'>>,
  None<Missing<typeof wgrad.nn.utils, 'torch.nn.utils'>>,
  None<Missing<typeof wgrad.linalg, 'torch.linalg'>>,
  None<Missing<typeof wgrad.special, 'torch.special'>>,
  None<Missing<typeof wgrad.masked, 'torch.masked'>>,
  None<Missing<typeof wgrad.optim, 'torch.optim'>>,
  None<Missing<typeof wgrad.optim.lrScheduler, 'torch.optim.lr_scheduler'>>,
  None<Missing<typeof wgrad.data, 'torch.utils.data'>>,
  None<Missing<typeof wgrad.distributions, 'torch.distributions'>>,
];
type None<Name extends never> = Name;
