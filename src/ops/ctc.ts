// The loss of connectionist temporal classification: how unlikely a sequence of labels is under scores for each time, over all
// ways to stretch the labels and to put blanks between them (A. Graves et al. 2006). A recursion over times in log space, each
// time one formula over all samples and states. Knows no network.

import { isFloat } from '../dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { type Device, makeLeaf } from '../core/graph.ts';
import { formatShape } from '../shape.ts';
import { define, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { castNode, composite, fillNode } from './apply.ts';
import { add, div, mul, neg, sub, where } from './arithmetic.ts';
import { logaddexp } from './blend.ts';
import { flip } from './copy.ts';
import { clamp } from './extrema.ts';
import { checkedIndex, gather, nodeTensor, scatterAdd } from './gather.ts';
import { cat, stack } from './join.ts';
import { eq, exp, ge, gt, logicalAnd, lt, ne } from './math.ts';
import { type Reduction, reduce, reductionParam } from './loss.ts';
import { narrow, select } from './part.ts';
import { cumsum, logsumexp } from './reduce.ts';
import { counting, table } from './tables.ts';
import { expand, reshape, squeeze, unsqueeze } from './view.ts';
import { padded } from './window.ts';

/** How many times or labels each sample has. */
export type Lengths = Tensor | number | readonly number[];

const isCount = (value: unknown): boolean => Number.isInteger(value);
const lengthsParam = <const N extends string>(name: N) =>
  p.custom<Lengths>()(
    name,
    'a tensor of integers, or a list of them',
    (value) => value instanceof Tensor || isCount(value) || (Array.isArray(value) && value.every(isCount)),
  );

/** The log of a probability of 0: finite, so that sums of it stay numbers on every adapter. */
const impossible = -1e30;
/** Above it a loss is that of labels for which there is no way. */
const endless = 1e29;

const op = 'ctcLoss';

/** Lengths that are known on the host, as those of a tensor from a list are; PyTorch, too, wants them there. */
function knownLengths(given: Lengths): readonly number[] | null {
  if (!(given instanceof Tensor)) return [given].flat();
  const { node, dtype } = given;
  return node === node.root && node.host !== null && !isFloat(dtype) ? Array.from(node.host) : null;
}

/** Lengths (N) of integers from 0 to `most`: checked here where they are known, else on the device. */
function lengthsOf(name: string, given: Lengths, samples: number, most: number, device: Device): Tensor {
  const known = knownLengths(given);
  const count = known === null ? (given as Tensor).numel() : known.length;
  if (count !== samples) {
    throw new ShapeError({ op, fact: `${count} ${name} for ${samples} samples`, rule: 'each sample has one' });
  }
  if (known === null) return reshape(nodeTensor(checkedIndex(op, given as Tensor, 0, most + 1, false)), [samples]);
  const wrong = known.find((one) => one < 0 || one > most);
  if (wrong !== undefined) {
    throw new ArgumentError({ op, fact: `${name} has ${wrong}`, rule: `it must lie between 0 and ${most}` });
  }
  return Tensor.at(makeLeaf(Int32Array.from(known), device, 'int32', [samples]), null);
}

/** The labels of each sample side by side: (N, S), blank behind the last of each. */
function labelsOf(targets: Tensor, lengths: Tensor, known: readonly number[] | null, blank: number): Tensor {
  const { device } = targets;
  const samples = lengths.shape[0];
  const joined = targets.shape.length === 1;
  if (joined && known !== null) {
    const total = known.reduce((sum, one) => sum + one, 0);
    if (total !== targets.shape[0]) {
      throw new ShapeError({
        op,
        fact: `${targets.shape[0]} targets in one line for targetLengths ${known.join(', ')}`,
        rule: 'the lengths must add up to the number of targets',
      });
    }
  }
  const width = joined && known !== null ? Math.max(...known) : targets.shape[targets.shape.length - 1];
  if (width === 0) return Tensor.at(fillNode(blank, device, 'int32', [samples, 0]), null);
  const at = counting(device, [1, width]);
  const valid = lt(at, unsqueeze(lengths, 1));
  const plain = nodeTensor(castNode(targets.detach().node, 'int32'));
  if (!joined) return where(valid, plain, blank);
  const begins = unsqueeze(sub(cumsum(lengths, 0), lengths), 1);
  const places = where(valid, add(begins, at), 0);
  return where(valid, reshape(gather(plain, 0, reshape(places, -1)), [samples, width]), blank);
}

/** Blanks between and around the labels: (N, S) -> (N, 2 S + 1). */
function withBlanks(labels: Tensor, blank: number): Tensor {
  const [samples, width] = labels.shape;
  const filled = (columns: number) => Tensor.at(fillNode(blank, labels.device, 'int32', [samples, columns]), null);
  if (width === 0) return filled(1);
  return cat([reshape(stack([filled(width), labels], 2), [samples, 2 * width]), filled(1)], 1);
}

/** What the recursion reads: all of it follows from the scores and three tensors of integers. */
interface Problem {
  /** Log probabilities of the states: (T, N, L) with L = 2 S + 1. */
  readonly scores: Tensor;
  /** Whether a state may follow the one two before it: (N, L). */
  readonly skip: Tensor;
  /** 0 for the states in which a sample may end, `impossible` elsewhere: (N, L). */
  readonly ends: Tensor;
  /** Times of each sample: (N, 1). */
  readonly times: Tensor;
}

function problem(logProbs: Tensor, states: Tensor, inputLengths: Tensor, targetLengths: Tensor): Problem {
  const [times, samples] = logProbs.shape;
  const width = states.shape[1];
  const index = expand(unsqueeze(states, 0), [times, samples, width]);
  const at = counting(states.device, [1, width]);
  const last = mul(unsqueeze(targetLengths, 1), 2);
  return {
    scores: clamp(gather(logProbs, 2, index), impossible),
    // A blank has a blank two before it.
    skip: logicalAnd(ne(states, behind(states, 2)), ge(at, 2)),
    ends: where(
      logicalAnd(ge(at, sub(last, 1)), lt(at, add(last, 1))),
      Tensor.at(fillNode(0, logProbs.device, logProbs.dtype, [1, 1]), null),
      impossible,
    ),
    times: unsqueeze(inputLengths, 1),
  };
}

/** From the ways that lead to each state before to those that lead to it now, without the score of this time: (N, L). */
function onward(before: Tensor, skip: Tensor): Tensor {
  const { device, shape } = before;
  const later = table('later', device, 'bool', [1, shape[1]], () =>
    Array.from({ length: shape[1] }, (_, at) => +(at > 0)),
  );
  const near = where(later, behind(before, 1), impossible);
  return logaddexp(logaddexp(before, near), where(skip, behind(before, 2), impossible));
}

/** The element `steps` columns before each, and the first before those that have none: a read, which formulas are fused around. */
function behind(x: Tensor, steps: number): Tensor {
  const width = x.shape[1];
  const places = table(`behind ${steps}`, x.device, 'int32', [1, width], () =>
    Int32Array.from({ length: width }, (_, at) => Math.max(at - steps, 0)),
  );
  return gather(x, 1, expand(places, [...x.shape]));
}

function constant(value: number, shape: readonly number[], like: Tensor): Tensor {
  return Tensor.at(fillNode(value, like.device, like.dtype, [...shape]), null);
}

/** Before the first time only the first blank is reached: (N, L). */
function beginning({ scores }: Problem): Tensor {
  const [, samples, width] = scores.shape;
  return where(eq(counting(scores.device, [1, width]), 0), constant(0, [samples, 1], scores), impossible);
}

/** -log of the probability of all ways to the ends, before what has no way is told apart: (N). */
function forwardLoss(given: Problem): Tensor {
  const { scores, skip, ends, times } = given;
  const count = scores.shape[0];
  const running = gt(times, counting(scores.device, [count, 1, 1]));
  let reached = beginning(given);
  for (let time = 0; time < count; time++) {
    // A sample that is over stays where it is.
    const next = add(onward(reached, skip), select(scores, 0, time));
    reached = where(select(running, 0, time), next, reached);
  }
  return neg(logsumexp(add(reached, ends), 1));
}

/**
 * What share of all ways is in each state at each time: (T, N, L); and the loss (N), as `forwardLoss` has it. The ways on from a state
 * are the ways to it with times and states turned round, so that both are one recursion over twice the samples.
 */
function shares(given: Problem): { readonly share: Tensor; readonly loss: Tensor } {
  const { scores, skip, ends, times } = given;
  const [count, samples] = scores.shape;
  const both = cat([scores, flip(scores, [0, 2])], 1);
  const allowed = cat([skip, flip(padded(skip, 1, [-2], [2]), 1)], 0);
  const first = beginning(given);
  const start = cat([first, flip(ends, 1)], 0);
  // Turned round, a sample begins where its last time is.
  const turn = eq(add(counting(scores.device, [count, 1, 1]), times), count);
  const begins = cat([constant(0, [count, samples, 1], turn), turn], 1);
  const ways: Tensor[] = [];
  let before = cat([first, constant(impossible, [...first.shape], first)], 0);
  for (let time = 0; time < count; time++) {
    before = add(where(select(begins, 0, time), start, onward(before, allowed)), select(both, 0, time));
    ways.push(before);
  }
  const all = stack(ways);
  // Both have the score of their time.
  const whole = sub(add(narrow(all, 1, 0, samples), flip(narrow(all, 1, samples, samples), [0, 2])), scores);
  const loss = neg(logsumexp(select(whole, 0, 0), 1));
  return { share: exp(add(whole, unsqueeze(loss, 1))), loss };
}

function losses(logProbs: Tensor, states: Tensor, inputs: Tensor, targets: Tensor, zeroInfinity: boolean): Tensor {
  return composite(
    'CtcLossBackward0',
    [logProbs, states, inputs, targets],
    () => {
      const loss = forwardLoss(problem(logProbs, states, inputs, targets));
      return where(gt(loss, endless), zeroInfinity ? 0 : Infinity, loss);
    },
    (grad, { input }) => {
      // PyTorch's: exp(logProbs) less the share of the ways in each class. Behind a logSoftmax it is the gradient.
      const [scores, classes] = [input(0), input(1)];
      const { share, loss } = shares(problem(scores, classes, input(2), input(3)));
      const [times, samples, count] = scores.shape;
      const index = expand(unsqueeze(classes, 0), [...share.shape]);
      const none = Tensor.at(fillNode(0, scores.device, scores.dtype, [times, samples, count]), null);
      const slope = sub(exp(scores), scatterAdd(none, 2, index, share));
      const column = (x: Tensor): Tensor => reshape(x, [1, samples, 1]);
      const finite = where(column(gt(loss, endless)), zeroInfinity ? 0 : NaN, slope);
      const within = lt(counting(scores.device, [times, 1, 1]), column(input(2)));
      return [where(within, mul(finite, column(grad)), 0), null, null, null];
    },
  );
}

function checkInput(logProbs: Tensor, targets: Tensor, blank: number): void {
  if (!isFloat(logProbs.dtype)) {
    throw new DTypeError({ op, fact: `logProbs of dtype ${logProbs.dtype}`, rule: 'they are floating point numbers' });
  }
  if (isFloat(targets.dtype) || targets.dtype === 'bool') {
    throw new DTypeError({
      op,
      fact: `targets of dtype ${targets.dtype}`,
      rule: 'a target is the number of a class',
      cure: "Convert them: targets.to('int32').",
    });
  }
  const rank = logProbs.shape.length;
  const single = rank === 2;
  const fits =
    targets.shape.length === 1 || (targets.shape.length === 2 && !single && targets.shape[0] === logProbs.shape[1]);
  if ((rank !== 3 && !single) || !fits || logProbs.shape.includes(0)) {
    throw new ShapeError({
      op,
      fact: `logProbs ${formatShape(logProbs.shape)} and targets ${formatShape(targets.shape)}`,
      rule: 'logProbs (times, samples, classes), targets (samples, labels) or all labels in one line; or (times, classes) and (labels)',
    });
  }
  const classes = logProbs.shape[rank - 1];
  if (blank >= 0 && blank < classes) return;
  throw new ArgumentError({ op, fact: `blank is ${blank}`, rule: `it is one of the ${classes} classes, from 0` });
}

function settled(loss: Tensor, targetLengths: Tensor, reduction: Reduction): Tensor {
  return reduce(reduction === 'mean' ? div(loss, clamp(targetLengths, 1)) : loss, reduction);
}

/**
 * -log P(targets | logProbs): log probabilities (T, N, C) or (T, C), labels (N, S) or behind each other, lengths (N) -> (N), or
 * their sum, or the mean of each over its number of labels. Labels for which there is no way cost Infinity, or 0 with
 * `zeroInfinity`. https://pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html
 */
export const ctcLoss = define(
  op,
  [
    p.tensor('logProbs'),
    p.tensor('targets'),
    lengthsParam('inputLengths'),
    lengthsParam('targetLengths'),
    optional(p.int('blank'), 0),
    reductionParam,
    optional(p.bool('zeroInfinity'), false),
  ],
  (given, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity): Tensor => {
    checkInput(given, targets, blank);
    const single = given.shape.length === 2;
    const logProbs = single ? unsqueeze(given, 1) : given;
    const [times, samples] = logProbs.shape;
    const inputs = lengthsOf('inputLengths', inputLengths, samples, times, given.device);
    const most = targets.shape[targets.shape.length - 1];
    const counts = lengthsOf('targetLengths', targetLengths, samples, most, given.device);
    const states = withBlanks(labelsOf(targets, counts, knownLengths(targetLengths), blank), blank);
    const loss = losses(logProbs, states, inputs, counts, zeroInfinity);
    return settled(single && reduction === 'none' ? squeeze(loss, 0) : loss, counts, reduction);
  },
);
