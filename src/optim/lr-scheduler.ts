// optim.lrScheduler: all schedulers by name. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate

export { ChainedScheduler, ReduceLROnPlateau, SequentialLR } from './combined.ts';
export { CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR } from './cycles.ts';
export { LRScheduler, type Moment, type Rule, type Scheduler, type SchedulerState } from './scheduler.ts';
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
} from './schedules.ts';
