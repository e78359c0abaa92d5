// optim: optimizers and schedules of their learning rates. https://pytorch.org/docs/stable/optim.html

export { Adam, type AdamOptions, AdamW } from './adam.ts';
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  RMSprop,
  type RMSpropOptions,
} from './adaptive.ts';
export { BaseOptimizer, type GroupInput, type ParamGroup, type Params } from './base-optimizer.ts';
export * as lrScheduler from './lr-scheduler/index.ts';
export { Adamax, type MomentOptions, NAdam, type NAdamOptions, RAdam, Rprop, type RpropOptions } from './moments.ts';
export { LBFGS, type LBFGSOptions } from './lbfgs.ts';
export { Optimizer } from './optimizer.ts';
export { ASGD, type ASGDOptions, SGD, type SGDOptions } from './sgd.ts';
export { type OptimizerState, type ParamState, type StateValue } from './state.ts';
