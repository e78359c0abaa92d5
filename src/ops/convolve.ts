// Convolution as a contraction over windows that are never stored, in any number of spatial dimensions. Input, weight and
// output make three maps, each linear in two of them: the gradients of one map are the other two, so derivatives of any order
// are these three again. Knows no options; convolution.ts checks and computes the geometry.

import { makeView, type Node } from '../core/graph.ts';
import type { ContractAttrs } from '../core/op.ts';
import { contiguousStrides, type Shape } from '../shape.ts';
import type { Rule, Tensor } from '../core/tensor.ts';
import { kernelNode, onTape } from './apply.ts';
import { sum } from './reduce.ts';
import { type Extent, spacedNode, spanOf } from './window.ts';

/** The sizes of a convolution: input (N, inputs, sizes..), weight (outputs, inputs / groups, kernels..). */
export interface Geometry {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly extents: readonly Extent[];
}

const sizesOf = ({ extents }: Geometry) => extents.map(({ size }) => size);
const kernelsOf = ({ extents }: Geometry) => extents.map(({ kernel }) => kernel);
const countsOf = ({ extents }: Geometry) => extents.map(({ count }) => count);

/** A view of `node` by strides of its own choice. */
function strided(node: Node, shape: Shape, strides: Shape, offset = node.offset): Node {
  return makeView('window', node, { shape, strides, offset });
}

function contraction(attrs: ContractAttrs, inputs: readonly Node[], shape: Shape): Node {
  return kernelNode('contract', attrs, inputs, inputs[0].dtype, shape);
}

/** Strides (groups, channels of a group) of a dimension of channels. */
function grouped(stride: number, channels: number, groups: number): [number, number] {
  return [(channels / groups) * stride, stride];
}

/** The input with its zeros around it. */
function paddedInput(x: Node, { extents }: Geometry): Node {
  const spacings = extents.map(({ low, high }) => ({ step: 1, low, high }));
  return spacedNode(x, 2, spacings, 0);
}

/** The windows of a padded input: strides over (G, C/G, kernels..) and (N, counts..). */
function patches(source: Node, { inputs, groups, extents }: Geometry) {
  const [batch, channel, ...space] = source.strides;
  return {
    batch,
    channels: grouped(channel, inputs, groups),
    kernels: extents.map(({ dilation }, at) => dilation * space[at]),
    counts: extents.map(({ stride }, at) => stride * space[at]),
  };
}

/** output[n, co, o] = sum over ci, k of weight[co, ci, k] input[n, ci, o stride + k dilation - low], plus bias[co]. */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | null, geometry: Geometry): Tensor {
  const { batch, inputs, outputs, groups } = geometry;
  const [kernels, counts] = [kernelsOf(geometry), countsOf(geometry)];
  const [left, right] = [inputs / groups, outputs / groups];
  const w = weight.node;
  const source = paddedInput(x.node, geometry);
  const from = patches(source, geometry);
  const shape = [batch, outputs, ...counts];
  const [toBatch, toChannel, ...to] = contiguousStrides(shape);
  const nodes = [
    strided(w, [groups, right, left, ...kernels], [...grouped(w.strides[0], outputs, groups), ...w.strides.slice(1)]),
    strided(
      source,
      [groups, left, ...kernels, batch, ...counts],
      [...from.channels, ...from.kernels, from.batch, ...from.counts],
    ),
  ];
  if (bias !== null) {
    nodes.push(strided(bias.node, [groups, right], grouped(bias.node.strides[0], outputs, groups)));
  }
  const strides = [...grouped(toChannel, outputs, groups), toBatch, ...to];
  const rule: Rule = (grad, { input, needs }) => [
    needs(0) ? inputGradient(grad, input(1), geometry) : null,
    needs(1) ? weightGradient(grad, input(0), geometry, source.root.residence === 'lost' ? undefined : source) : null,
    ...(bias === null ? [] : [needs(2) ? channelSum(grad) : null]),
  ];
  const operands = bias === null ? [x, weight] : [x, weight, bias];
  return onTape('ConvolutionBackward0', rule, operands, contraction({ batch: 1, rows: 1, strides }, nodes, shape));
}

/** (N, C, ..) -> (C). */
function channelSum(grad: Tensor): Tensor {
  return sum(
    grad,
    grad.shape.map((_, dim) => dim).filter((dim) => dim !== 1),
  );
}

/**
 * input[n, ci, h] = sum over co, k of weight[co, ci, k] grad[n, co, o] where o stride + k dilation - low = h: the windows of
 * the gradient, spread by the stride and padded, against the weight backwards. It is the transposed convolution, too.
 */
export function inputGradient(grad: Tensor, weight: Tensor, geometry: Geometry): Tensor {
  const { batch, inputs, outputs, groups, extents } = geometry;
  const [kernels, sizes] = [kernelsOf(geometry), sizesOf(geometry)];
  const [left, right] = [inputs / groups, outputs / groups];
  const spread = spacedNode(
    grad.node,
    2,
    extents.map((one) => {
      const low = spanOf(one) - 1 - one.low;
      const spreadSize = (one.count - 1) * one.stride + 1;
      return { step: one.stride, low, high: one.size + spanOf(one) - 1 - low - spreadSize };
    }),
    0,
  );
  const [fromBatch, fromChannel, ...space] = spread.strides;
  const w = weight.node;
  const [wOut, wIn, ...wKernel] = w.strides;
  const last = kernels.reduce((at, size, dim) => at + (size - 1) * wKernel[dim], w.offset);
  const shape = [batch, inputs, ...sizes];
  const [toBatch, toChannel, ...to] = contiguousStrides(shape);
  const [wGroup, wOutput] = grouped(wOut, outputs, groups);
  const nodes = [
    strided(w, [groups, left, right, ...kernels], [wGroup, wIn, wOutput, ...wKernel.map((one) => -one)], last),
    strided(
      spread,
      [groups, right, ...kernels, batch, ...sizes],
      [
        ...grouped(fromChannel, outputs, groups),
        ...extents.map(({ dilation }, at) => dilation * space[at]),
        fromBatch,
        ...space,
      ],
    ),
  ];
  const strides = [...grouped(toChannel, inputs, groups), toBatch, ...to];
  return onTape(
    'ConvolutionBackward0',
    (upper, { input, needs }) => [
      needs(0) ? convolve(upper, input(1), null, geometry) : null,
      needs(1) ? weightGradient(input(0), upper, geometry) : null,
    ],
    [grad, weight],
    contraction({ batch: 1, rows: 1, strides }, nodes, shape),
  );
}

/**
 * weight[co, ci, k] = sum over n, o of grad[n, co, o] input[n, ci, o stride + k dilation - low]; `source` is the padded input,
 * where it is there already.
 */
function weightGradient(grad: Tensor, x: Tensor, geometry: Geometry, source = paddedInput(x.node, geometry)): Tensor {
  const { batch, inputs, outputs, groups } = geometry;
  const [kernels, counts] = [kernelsOf(geometry), countsOf(geometry)];
  const [left, right] = [inputs / groups, outputs / groups];
  const g = grad.node;
  const [gBatch, gChannel, ...space] = g.strides;
  const from = patches(source, geometry);
  const shape = [outputs, left, ...kernels];
  const [toOutput, ...to] = contiguousStrides(shape);
  const nodes = [
    strided(g, [groups, right, batch, ...counts], [...grouped(gChannel, outputs, groups), gBatch, ...space]),
    strided(
      source,
      [groups, batch, ...counts, left, ...kernels],
      [from.channels[0], from.batch, ...from.counts, from.channels[1], ...from.kernels],
    ),
  ];
  const strides = [...grouped(toOutput, outputs, groups), ...to];
  return onTape(
    'ConvolutionBackward0',
    (upper, { input, needs }) => [
      needs(0) ? convolve(input(1), upper, null, geometry) : null,
      needs(1) ? inputGradient(input(0), upper, geometry) : null,
    ],
    [grad, x],
    contraction({ batch: 1, rows: 1, strides }, nodes, shape),
  );
}
