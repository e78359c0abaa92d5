// The namespace `autograd`. https://pytorch.org/docs/stable/autograd.html

export { backward, enableGrad, grad, isGradEnabled, noGrad, setGradEnabled } from './autograd.ts';
export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from './anomaly.ts';
export { Function, FunctionContext } from './function.ts';
export { gradcheck, type GradcheckOptions, gradgradcheck } from './gradcheck.ts';
export { AccumulateGrad, GradFn } from '../core/tensor.ts';
