// The namespace `autograd`. https://pytorch.org/docs/stable/autograd.html

export { backward, enableGrad, Function, FunctionContext, grad, noGrad, setGradEnabled } from './autograd.ts';
export { gradcheck, type GradcheckOptions, gradgradcheck } from './gradcheck.ts';
export { AccumulateGrad, GradFn } from './tensor.ts';
