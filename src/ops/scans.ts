// Running extrema and running logs of sums of exponentials along a dimension. (Running sums and products: reduce.ts.)

import { isFloat } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { normalizeDim } from '../shape.ts';
import { define, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, kernelNode, onTape, toDType } from './apply.ts';
import { add, log, sub, where } from './arithmetic.ts';
import { flip } from './copy.ts';
import { gather, scatterAdd } from './gather.ts';
import { zerosLikePart } from './join.ts';
import { abs, eq, exp, gt, lt } from './math.ts';
import { namedTuple, type ValuesAndIndices } from './reduce.ts';

const input = p.tensor('input');
const dimension = p.int('dim');

/** Where the extremum of the elements so far along `at` stands: the last of ties, and NaN before all. */
function extremePlaces(fn: 'max' | 'min', x: Tensor, at: number): Tensor {
  return Tensor.of(kernelNode('scanExtreme', { fn, dim: at }, [x.node], 'int32', x.shape));
}

/** For each position along `at` the last one up to it where `mask` (bool) is true; the first if there is none. */
export function lastWhere(mask: Tensor, at: number): Tensor {
  return extremePlaces('max', toDType(mask, 'int32'), at);
}

function running(op: 'cummax' | 'cummin', x: Tensor, dim: number): ValuesAndIndices {
  const at = normalizeDim(op, dim, x.shape.length);
  const indices = extremePlaces(op === 'cummax' ? 'max' : 'min', x, at);
  const picked = Tensor.at(indices.node, null);
  const values = composite(
    op === 'cummax' ? 'CummaxBackward0' : 'CumminBackward0',
    [x, picked],
    () => gather(x, at, picked),
    (grad, { input, shape }) => {
      const none = zerosLikePart(grad, 0, shape(0)[0] ?? 0, 0);
      return [scatterAdd(none, at, input(1), grad), null];
    },
  );
  return namedTuple(op, { values, indices });
}

/** The largest element so far along `dim` with its position: the last of ties, NaN from the first one on. https://pytorch.org/docs/stable/generated/torch.cummax.html */
export const cummax = define('cummax', [input, dimension], (input, dim): ValuesAndIndices =>
  running('cummax', input, dim),
);

/** The smallest element so far along `dim` with its position: the last of ties, NaN from the first one on. https://pytorch.org/docs/stable/generated/torch.cummin.html */
export const cummin = define('cummin', [input, dimension], (input, dim): ValuesAndIndices =>
  running('cummin', input, dim),
);

/** log(exp(x_0) + .. + exp(x_i)) along `dim`, without overflow. https://pytorch.org/docs/stable/generated/torch.logcumsumexp.html */
export const logcumsumexp = define('logcumsumexp', [input, dimension], (x, dim): Tensor => {
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      op: 'logcumsumexp',
      fact: `dtype ${x.dtype}`,
      rule: 'it needs a floating point dtype',
      cure: 'Use x.float().logcumsumexp(dim).',
    });
  }
  const at = normalizeDim('logcumsumexp', dim, x.shape.length);
  const node = kernelNode('scan', { fn: 'logsumexp', dim: at }, [x.node], x.dtype, x.shape);
  return onTape(
    'LogcumsumexpBackward0',
    (grad, { input, output }) => {
      if (grad.shape.length === 0) return [grad];
      const saved = input(0);
      // g_i = sum over j >= i of g_j exp(x_i - y_j), its positive and its negative terms each as logs, so that none overflows.
      const share = (sign: Tensor): Tensor => {
        const terms = sub(where(sign, log(abs(grad)), -Infinity), output());
        return exp(add(flip(logcumsumexp(flip(terms, at), at), at), saved));
      };
      const flow = sub(share(gt(grad, 0)), share(lt(grad, 0)));
      return [where(eq(saved, -Infinity), 0, flow)];
    },
    [x],
    node,
  );
});
