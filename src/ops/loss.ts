// The losses behind nn.functional: from predictions and targets to one number, their sum, or one value each. Each is one
// step of the tape with PyTorch's name where PyTorch has one step, else the same chain of steps.

import { isFloat, widen } from '../dtype.ts';
import { ArgumentError, DTypeError, IndexError, ShapeError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { broadcastShapes, formatShape, numelOf, sameShape, type Shape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, commonDevice, composite, fillNode, kernelNode, onTape } from './apply.ts';
import { add, div, log, mul, neg, rsub, square, sub, where } from './arithmetic.ts';
import { clamp } from './extrema.ts';
import { checkedIndex, indexSelect } from './gather.ts';
import { abs, eq, ne, sigmoid } from './math.ts';
import { logSoftmax, softplus } from './nn.ts';
import { mean, sum } from './reduce.ts';
import { expand, reshape } from './view.ts';

/** What becomes of one loss for each element: their mean, their sum, or themselves. */
export type Reduction = 'mean' | 'sum' | 'none';

const input = p.tensor('input');
const target = p.tensor('target');
const isReduction = (value: unknown): value is Reduction => value === 'mean' || value === 'sum' || value === 'none';
/** The parameter that all losses share. */
export const reductionParam = optional(
  p.custom<Reduction>()('reduction', "'mean', 'sum' or 'none'", isReduction),
  'mean',
);
const weightParam = optional(p.tensor('weight'), null);

/** One loss per element as `reduction` wants it. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? mean(losses) : reduction === 'sum' ? sum(losses) : losses;
}

/** PyTorch's sizes, as its messages show them. */
const torchSize = (shape: Shape): string => `torch.Size([${shape.join(', ')}])`;

/** Both expanded to one shape; warns where that happens, because (n,) against (n, 1) is nearly always a mistake. */
function paired(op: string, x: Tensor, y: Tensor, reduction: Reduction): [Tensor, Tensor] {
  if (reduction === 'mean' && !isFloat(widen(x.dtype, y.dtype))) {
    throw new DTypeError({
      op,
      fact: `dtypes ${x.dtype} and ${y.dtype}`,
      rule: 'the mean of the losses needs a floating point dtype',
      cure: "Convert: x.to('float32').",
    });
  }
  if (sameShape(x.shape, y.shape)) return [x, y];
  console.warn(
    `UserWarning: Using a target size (${torchSize(y.shape)}) that is different to the input size (${torchSize(x.shape)}). ` +
      'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
  );
  const shape = broadcastShapes(op, x.shape, y.shape);
  const widened = (one: Tensor): Tensor => (sameShape(one.shape, shape) ? one : expand(one, shape));
  return [widened(x), widened(y)];
}

type Formula = (x: Tensor, y: Tensor) => Tensor;

/** A loss per element with the derivatives by input and target (minus that by the input if none is given). */
function elementwise(
  name: string,
  x: Tensor,
  y: Tensor,
  reduction: Reduction,
  value: Formula,
  slope: Formula,
  ySlope?: Formula,
): Tensor {
  const count = x.numel();
  return composite(
    name,
    [x, y],
    () => reduce(value(x, y), reduction),
    (grad, { input, needs }) => {
      const flow = reduction === 'mean' ? div(grad, count) : grad;
      const towards = needs(0) || ySlope === undefined ? mul(flow, slope(input(0), input(1))) : null;
      const byTarget = () => (ySlope === undefined ? neg(towards as Tensor) : mul(flow, ySlope(input(0), input(1))));
      return [towards, needs(1) ? byTarget() : null];
    },
  );
}

/** (input - target)^2. https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html */
export const mseLoss = define('mseLoss', [input, target, reductionParam], (input, target, reduction): Tensor => {
  const [x, y] = paired('mseLoss', input, target, reduction);
  return elementwise(
    'MseLossBackward0',
    x,
    y,
    reduction,
    (a, b) => square(sub(a, b)),
    (a, b) => mul(sub(a, b), 2),
  );
});

/** |input - target|. https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html */
export const l1Loss = define('l1Loss', [input, target, reductionParam], (input, target, reduction): Tensor => {
  const [x, y] = paired('l1Loss', input, target, reduction);
  return reduce(abs(sub(x, y)), reduction);
});

/** Half the square of a distance d up to `turn`, then a line of slope `turn`: c (d - c / 2) with c = min(d, turn). */
function hookedSquare(a: Tensor, b: Tensor, turn: number): Tensor {
  const distance = abs(sub(a, b));
  const capped = clamp(distance, { max: turn });
  return mul(capped, sub(distance, mul(capped, 0.5)));
}

/** A square near 0 and |input - target| - beta / 2 beyond. https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html */
export const smoothL1Loss = define(
  'smoothL1Loss',
  [input, target, reductionParam, optional(p.number('beta'), 1)],
  (input, target, reduction, beta): Tensor => {
    if (beta < 0)
      throw new ArgumentError({ op: 'smoothL1Loss', fact: `beta is ${beta}`, rule: 'it must not be negative' });
    if (beta === 0) return l1Loss(input, target, reduction);
    const [x, y] = paired('smoothL1Loss', input, target, reduction);
    return elementwise(
      'SmoothL1LossBackward0',
      x,
      y,
      reduction,
      (a, b) => div(hookedSquare(a, b, beta), beta),
      (a, b) => clamp(div(sub(a, b), beta), -1, 1),
    );
  },
);

/** A square near 0 and delta * (|input - target| - delta / 2) beyond. https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html */
export const huberLoss = define(
  'huberLoss',
  [input, target, reductionParam, optional(p.number('delta'), 1)],
  (input, target, reduction, delta): Tensor => {
    if (!(delta > 0))
      throw new ArgumentError({ op: 'huberLoss', fact: `delta is ${delta}`, rule: 'it must be positive' });
    const [x, y] = paired('huberLoss', input, target, reduction);
    return elementwise(
      'HuberLossBackward0',
      x,
      y,
      reduction,
      (a, b) => hookedSquare(a, b, delta),
      (a, b) => clamp(sub(a, b), -delta, delta),
    );
  },
);

function requireSameShape(op: string, x: Tensor, y: Tensor): void {
  if (sameShape(x.shape, y.shape)) return;
  throw new ShapeError({
    op,
    fact: `target ${formatShape(y.shape)} for input ${formatShape(x.shape)}`,
    rule: 'both must have the same shape',
    cure: 'Use y.reshape(..) or y.unsqueeze(1).',
  });
}

/** A value as it is now: later writes to the tensor do not reach it. */
const frozen = (x: Tensor): Tensor => Tensor.at(x.node, null);

/** -(y log x + (1 - y) log(1 - x)), with logarithms cut at -100. https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html */
export const binaryCrossEntropy = define(
  'binaryCrossEntropy',
  [input, target, weightParam, reductionParam],
  (input, target, given, reduction): Tensor => {
    requireSameShape('binaryCrossEntropy', input, target);
    const weight = given === null ? null : frozen(given);
    const weighted = (losses: Tensor): Tensor => (weight === null ? losses : mul(losses, weight));
    const cut = (a: Tensor): Tensor => clamp(log(a), { min: -100 });
    return elementwise(
      'BinaryCrossEntropyBackward0',
      input,
      target,
      reduction,
      (a, b) => weighted(neg(add(mul(b, cut(a)), mul(rsub(b, 1), cut(rsub(a, 1)))))),
      (a, b) => weighted(div(sub(a, b), clamp(mul(a, rsub(a, 1)), { min: 1e-12 }))),
      (a) => weighted(sub(cut(rsub(a, 1)), cut(a))),
    );
  },
);

/**
 * binaryCrossEntropy(sigmoid(input), target), without overflow; `posWeight` scales the part of the positive targets.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 */
export const binaryCrossEntropyWithLogits = define(
  'binaryCrossEntropyWithLogits',
  [input, target, weightParam, reductionParam, optional(p.tensor('posWeight'), null)],
  (input, target, given, reduction, posWeight): Tensor => {
    requireSameShape('binaryCrossEntropyWithLogits', input, target);
    const weight = given === null ? null : frozen(given);
    const boost = posWeight === null ? null : sub(frozen(posWeight), 1);
    const weighted = (losses: Tensor): Tensor => (weight === null ? losses : mul(losses, weight));
    // softplus(-x) = log(1 + e^-x); no threshold, as the line beyond it is exact only to float32.
    const decay = (a: Tensor): Tensor => softplus(neg(a), 1, 40);
    const factor = (b: Tensor): Tensor => (boost === null ? add(mul(b, 0), 1) : add(mul(boost, b), 1));
    return elementwise(
      'BinaryCrossEntropyWithLogitsBackward0',
      input,
      target,
      reduction,
      (a, b) => weighted(add(mul(rsub(b, 1), a), boost === null ? decay(a) : mul(factor(b), decay(a)))),
      // (1 - y + f) sigmoid(x) ... with f = factor(y): (1 - y) - f (1 - sigmoid(x)).
      (a, b) => weighted(boost === null ? sub(sigmoid(a), b) : sub(rsub(b, 1), mul(factor(b), sigmoid(neg(a))))),
      (a) => weighted(boost === null ? neg(a) : sub(mul(boost, decay(a)), a)),
    );
  },
);

/** x (O, D, I) at index (O, 1, I) along D -> (O, 1, I). */
function pick(op: string, x: Tensor, index: Node): Tensor {
  const node = kernelNode('gather', { op }, [x.node, index], x.dtype, index.shape);
  return onTape('GatherBackward0', (grad, { shape }) => [place(op, grad, index, shape(0))], [x], node);
}

/** Zeros of `shape` (O, D, I) with value (O, 1, I) at index (O, 1, I) along D. */
function place(op: string, value: Tensor, index: Node, shape: Shape): Tensor {
  const zeros = fillNode(0, value.device, value.dtype, shape);
  const node = kernelNode('scatter', { op, mode: 'set' }, [zeros, index, value.node], value.dtype, shape);
  return onTape('ScatterBackward0', (grad) => [pick(op, grad, index)], [value], node);
}

/** Throws unless x is (C), (N, C) or (N, C, ..) and the classes are (), (N) or (N, ..). */
function checkClasses(op: string, x: Tensor, classes: Tensor): void {
  const [batch, , ...rest] = x.shape;
  const wanted = x.shape.length < 2 ? [] : [batch, ...rest];
  if (isFloat(classes.dtype) || classes.dtype === 'bool') {
    throw new ArgumentError({
      op,
      fact: `class indices of dtype ${classes.dtype}`,
      rule: 'classes are int32; probabilities have the shape of the input',
      cure: "Convert them: y.to('int32').",
    });
  }
  if (x.shape.length > 0 && sameShape(wanted, classes.shape)) return;
  throw new ShapeError({
    op,
    fact: `target ${formatShape(classes.shape)} for input ${formatShape(x.shape)}`,
    rule: `class indices must have the shape ${formatShape(wanted)}`,
  });
}

/** Throws at the call where labels that are on the host name a class that does not exist. */
function checkLabels(op: string, classes: Tensor, count: number, ignoreIndex: number): void {
  const { host } = classes.node.root;
  if (host === null || host.length !== classes.numel()) return;
  const wrong = host.find((label) => label !== ignoreIndex && (label < 0 || label >= count));
  if (wrong === undefined) return;
  throw new IndexError({
    op,
    fact: `class ${wrong} in the target`,
    rule: `classes are 0 to ${count - 1}, or ${ignoreIndex} to be ignored`,
  });
}

const ignoreParam = optional(p.int('ignoreIndex'), -100);

/**
 * -weight[y] input[y] for each class index y; the mean divides by the sum of the weights. Targets equal to `ignoreIndex`
 * count nothing. input (N, C, ..), target (N, ..). https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 */
export const nllLoss = define(
  'nllLoss',
  [input, target, weightParam, ignoreParam, reductionParam],
  (input, target, weight, ignoreIndex, reduction): Tensor =>
    negativeLikelihood('nllLoss', input, target, weight, ignoreIndex, reduction),
);

function negativeLikelihood(
  op: string,
  x: Tensor,
  classes: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
  reduction: Reduction,
): Tensor {
  checkClasses(op, x, classes);
  checkLabels(op, classes, x.shape.length < 2 ? x.shape[0] : x.shape[1], ignoreIndex);
  commonDevice(op, weight === null ? [x, classes] : [x, classes, weight]);
  const count = x.shape.length < 2 ? x.shape[0] : x.shape[1];
  const inner = numelOf(x.shape.slice(2));
  const outer = x.shape.length < 2 ? 1 : x.shape[0];
  const places = [outer, 1, inner];
  const labels = reshape(classes.detach(), places);
  const valid = ne(labels, ignoreIndex);
  const safe = Tensor.at(checkedIndex(op, where(valid, labels, 0), 1, count, false), null);
  const weights = weight === null ? null : reshape(indexSelect(weight.detach(), 0, reshape(safe, -1)), places);
  const counted = weights === null ? Tensor.at(castNode(valid.node, x.dtype), null) : where(valid, weights, 0);
  const total = reduction === 'mean' ? [sum(counted)] : [];
  const index = safe.node;
  const name = x.shape.length > 2 ? 'NllLoss2DBackward0' : 'NllLossBackward0';
  return composite(
    name,
    [x, valid, counted, safe, ...total],
    () => {
      const losses = where(valid, neg(mul(pick(op, reshape(x, outer, count, inner), index), counted)), 0);
      if (reduction === 'mean') return div(sum(losses), total[0]);
      return reduction === 'sum' ? sum(losses) : reshape(losses, [...classes.shape]);
    },
    (grad, { input, shape }) => {
      const flow = reduction === 'mean' ? div(grad, input(4)) : reduction === 'sum' ? grad : reshape(grad, places);
      const share = where(input(1), neg(mul(input(2), flow)), 0);
      return [reshape(place(op, share, input(3).node, [outer, count, inner]), [...shape(0)])];
    },
  );
}

/**
 * nllLoss(logSoftmax(input), target) for class indices (N, ..), or -sum(target * logSoftmax(input)) for probabilities of
 * the input's shape (N, C, ..). https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export const crossEntropy = define(
  'crossEntropy',
  [input, target, weightParam, ignoreParam, reductionParam, optional(p.number('labelSmoothing'), 0)],
  (input, target, weight, ignoreIndex, reduction, labelSmoothing): Tensor => {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new ArgumentError({
        op: 'crossEntropy',
        fact: `labelSmoothing is ${labelSmoothing}`,
        rule: 'it lies between 0 and 1',
      });
    }
    const at = input.shape.length < 2 ? 0 : 1;
    const classes = input.shape[at];
    const probabilities = isFloat(target.dtype) && sameShape(input.shape, target.shape);
    if (!probabilities) checkClasses('crossEntropy', input, target);
    if (weight !== null && !sameShape(weight.shape, [classes])) {
      throw new ShapeError({
        op: 'crossEntropy',
        fact: `weight ${formatShape(weight.shape)} for ${classes} classes`,
        rule: 'one weight a class',
      });
    }
    const aligned =
      weight === null
        ? null
        : reshape(
            weight,
            input.shape.map((_, dim) => (dim === at ? classes : 1)),
          );
    const logs = logSoftmax(input, at);
    if (probabilities) {
      const soft = labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
      const terms = mul(logs, soft);
      const parts = aligned === null ? terms : mul(terms, aligned);
      if (reduction === 'none') return neg(sum(parts, at));
      return reduction === 'sum' ? neg(sum(parts)) : div(neg(sum(parts)), Math.max(input.numel() / classes, 0));
    }
    const sharp = negativeLikelihood('crossEntropy', logs, target, weight, ignoreIndex, reduction);
    if (labelSmoothing === 0) return sharp;
    // The share of the smoothing: the mean of -log p over all classes instead of the target's alone.
    const ignored = eq(target, ignoreIndex);
    const spread = where(ignored, 0, neg(sum(aligned === null ? logs : mul(logs, aligned), at)));
    const even = (): Tensor => {
      if (reduction !== 'mean') return reduction === 'sum' ? sum(spread) : spread;
      const safe = where(ignored, 0, target);
      const ones = weight === null ? null : reshape(indexSelect(weight, 0, reshape(safe, -1)), [...target.shape]);
      const counted =
        ones === null ? Tensor.at(castNode(ne(target, ignoreIndex).node, input.dtype), null) : where(ignored, 0, ones);
      return div(sum(spread), sum(counted));
    };
    return add(mul(sharp, 1 - labelSmoothing), mul(even(), labelSmoothing / classes));
  },
);
