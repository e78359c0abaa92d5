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
export * as lrScheduler from './scheduler.ts';
export {
  type GroupInput,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type Params,
  type ParamState,
} from './optimizer.ts';
export { SGD, type SGDOptions } from './sgd.ts';
