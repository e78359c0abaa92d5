// The twins `name_` of activations, for nn.functional: what their `inplace` option does, as functions of their own.
// https://pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions

import * as activations from './activation.ts';
import * as networks from './nn.ts';
import { switchedOn } from './twin.ts';

export const celu_ = switchedOn('celu_', activations.celu);
export const elu_ = switchedOn('elu_', networks.elu);
export const hardtanh_ = switchedOn('hardtanh_', activations.hardtanh);
export const leakyRelu_ = switchedOn('leakyRelu_', networks.leakyRelu);
export const selu_ = switchedOn('selu_', activations.selu);
export const threshold_ = switchedOn('threshold_', activations.threshold);
