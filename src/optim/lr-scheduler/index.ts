// optim.lrScheduler: all schedulers by name. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

export { ChainedScheduler, SequentialLR } from './chained.ts';
export { ReduceLROnPlateau } from './plateau.ts';
export { CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR } from './cycles.ts';
export {
  LRScheduler,
  type ScheduleState as Moment,
  type ScheduleRule as Rule,
  type Scheduler,
  type SchedulerState,
} from './scheduler.ts';
export {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from './formulas.ts';
