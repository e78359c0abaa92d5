// L-BFGS: steps along a direction made of the last few changes of parameters and gradients. It looks at the loss to decide how
// far to go, so its step is awaited; vectors stay on the device and only single numbers are read.
// J. Nocedal: Updating quasi-Newton matrices with limited storage, 1980. https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html

import { noGrad } from '../autograd/autograd.ts';
import { zeros } from '../create/create.ts';
import { ArgumentError } from '../errors.ts';
import { flushUpdate, keepStorage, unkeepStorage } from '../core/flush.ts';
import { add, mul, neg, sub } from '../ops/arithmetic.ts';
import { clone } from '../ops/copy.ts';
import { add_, copy_ } from '../ops/inplace.ts';
import { cat } from '../ops/join.ts';
import { abs } from '../ops/math.ts';
import { dot } from '../ops/matmul.ts';
import { narrow } from '../ops/part.ts';
import { amax, sum } from '../ops/reduce.ts';
import { reshape } from '../ops/view.ts';
import { item } from '../read.ts';
import { type Args, describe, optional, p } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { BaseOptimizer, given, paramsParam } from './base-optimizer.ts';
import { type Point, strongWolfe } from './line-search.ts';
import type { ParamState } from './state.ts';

export interface LBFGSOptions {
  readonly lr: number;
  readonly maxIter: number;
  readonly maxEval: number;
  readonly toleranceGrad: number;
  readonly toleranceChange: number;
  readonly historySize: number;
  readonly lineSearchFn: string | null;
}

const signature = [
  paramsParam<LBFGSOptions>(),
  optional(p.number('lr'), 1),
  optional(p.int('maxIter'), 20),
  optional(p.int('maxEval'), null),
  optional(p.number('toleranceGrad'), 1e-7),
  optional(p.number('toleranceChange'), 1e-9),
  optional(p.int('historySize'), 100),
  optional(p.string('lineSearchFn'), null),
] as const;

/** What L-BFGS remembers, in the state of its first parameter under PyTorch's names. */
interface Memory {
  funcEvals: number;
  nIter: number;
  /** The direction, and how far along it the last step went. */
  d: Tensor;
  t: number;
  /** Changes of the gradient, changes of the parameters, and 1 / their product: the newest last. */
  oldDirs: Tensor[];
  oldStps: Tensor[];
  ro: Tensor[];
  /** The scale of the first guess of the inverse Hessian; 1 or a 0-dim tensor. */
  HDiag: Tensor | number;
  prevFlatGrad: Tensor;
  prevLoss: number;
}

/** Limited-memory BFGS; `await trainer.step(closure)`. */
export class LBFGS extends BaseOptimizer<LBFGSOptions> {
  readonly #dropped: Tensor[] = [];

  constructor(...args: Args<typeof signature>) {
    const [params, options] = given<LBFGSOptions, typeof signature>('optim.LBFGS', signature, args);
    super(params, { ...options, maxEval: options.maxEval ?? Math.floor((options.maxIter * 5) / 4) });
    if (this.paramGroups.length !== 1) {
      throw new ArgumentError({
        op: 'optim.LBFGS',
        fact: `${this.paramGroups.length} groups of parameters`,
        rule: 'it has one group, for it moves all parameters along one direction',
      });
    }
  }

  protected override check(options: LBFGSOptions): void {
    this.demandNotNegative(options, 'lr');
    const { lineSearchFn } = options;
    this.demand(
      lineSearchFn === null || lineSearchFn === 'strong_wolfe',
      'lineSearchFn',
      lineSearchFn,
      "it is null or 'strong_wolfe'",
    );
  }

  /**
   * Moves the parameters, up to maxIter times. `closure` clears the gradients, computes the loss, calls backward and returns
   * the loss; it may be asynchronous. Resolves to the loss before the step.
   */
  async step(closure: () => Tensor | Promise<Tensor>): Promise<Tensor> {
    if (typeof closure !== 'function') {
      throw new ArgumentError({
        op: 'optim.LBFGS.step',
        fact: `the closure is ${describe(closure)}`,
        rule: 'L-BFGS computes the loss several times and needs a function for it',
      });
    }
    this.stepCount++;
    const [group] = this.paramGroups;
    this.check(group);
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange } = group;
    const memory = this.#memory();
    const evaluate = async (): Promise<{ loss: Tensor; point: Point }> => {
      memory.funcEvals++;
      const loss = await closure();
      const gradient = this.#gradient();
      this.#settle();
      return { loss, point: { loss: await item(loss), gradient } };
    };
    const first = await evaluate();
    let { loss, gradient } = first.point;
    let evaluations = 1;
    if ((await largest(gradient)) <= toleranceGrad) return first.loss;

    for (let iteration = 1; iteration <= maxIter; iteration++) {
      memory.nIter++;
      await this.#turn(memory, gradient, group.historySize);
      this.#keep(memory, 'prevFlatGrad', gradient);
      this.#settle();
      memory.prevLoss = loss;
      memory.t = memory.nIter === 1 ? Math.min(1, 1 / (await item(noGrad(() => sum(abs(gradient)))))) * lr : lr;
      const slope = await item(noGrad(() => dot(gradient, memory.d)));
      if (slope > -toleranceChange) break;

      let spent = 0;
      const before = gradient;
      if (group.lineSearchFn !== null) {
        const start = noGrad(() => group.params.map((parameter) => clone(parameter.detach())));
        for (const one of start) keepStorage(one.storage);
        const probes: Tensor[] = [];
        const at = async (distance: number): Promise<Point & { readonly slope: number }> => {
          this.#advance(distance, memory.d);
          const { point } = await evaluate();
          probes.push(point.gradient);
          noGrad(() => group.params.forEach((parameter, index) => void copy_(parameter, start[index])));
          return { ...point, slope: await item(noGrad(() => dot(point.gradient, memory.d))) };
        };
        const reach = await largest(memory.d);
        const found = await strongWolfe(at, memory.t, { loss, gradient, slope }, reach, toleranceChange);
        ({ loss, gradient } = found.point);
        for (const one of [...start, ...probes]) if (one !== gradient && one !== before) this.#drop(one);
        memory.t = found.distance;
        spent = found.evaluations;
        this.#advance(memory.t, memory.d);
      } else {
        this.#advance(memory.t, memory.d);
        if (iteration !== maxIter) {
          ({ loss, gradient } = (await evaluate()).point);
          spent = 1;
        }
      }
      evaluations += spent;
      if (iteration === maxIter || evaluations >= maxEval) break;
      if ((await largest(gradient)) <= toleranceGrad) break;
      if ((await largest(memory.d)) * memory.t <= toleranceChange) break;
      if (Math.abs(loss - memory.prevLoss) < toleranceChange) break;
    }
    if (gradient !== memory.prevFlatGrad) this.#drop(gradient);
    this.#settle();
    return first.loss;
  }

  #memory(): Memory {
    const [first] = this.paramGroups[0].params;
    let state = this.state.get(first);
    if (state === undefined) {
      const begun: Partial<Memory> = { funcEvals: 0, nIter: 0 };
      this.state.set(first, (state = begun as ParamState));
    }
    return state as unknown as Memory;
  }

  /** All gradients behind each other: (elements). */
  #gradient(): Tensor {
    return noGrad(() => {
      const parts = this.paramGroups[0].params.map(({ grad, device, dtype, shape }) => {
        const count = shape.reduce((product, size) => product * size, 1);
        return grad === null ? zeros(count, { device, dtype }) : reshape(grad.detach(), count);
      });
      const flat = cat(parts, 0);
      keepStorage(flat.storage);
      return flat;
    });
  }

  /** Moves the parameters by `distance` along a direction over all of them. */
  #advance(distance: number, direction: Tensor): void {
    noGrad(() => {
      let offset = 0;
      for (const parameter of this.paramGroups[0].params) {
        const count = parameter.numel();
        const part = reshape(narrow(direction, 0, offset, count), [...parameter.shape]);
        add_(parameter, mul(part, distance));
        offset += count;
      }
    });
  }

  /** Remembers the last change and makes the direction: the inverse Hessian that the changes suggest, times -gradient. */
  async #turn(memory: Memory, gradient: Tensor, historySize: number): Promise<void> {
    if (memory.nIter === 1) {
      this.#keep(
        memory,
        'd',
        noGrad(() => neg(gradient)),
      );
      Object.assign(memory, { oldDirs: [], oldStps: [], ro: [], HDiag: 1 });
      return;
    }
    const { d, t, prevFlatGrad, oldDirs, oldStps, ro } = memory;
    const [y, s] = noGrad(() => [sub(gradient, prevFlatGrad), mul(d, t)]);
    const [product, curvature] = noGrad(() => [dot(y, s), dot(y, y)]);
    if ((await item(product)) > 1e-10) {
      if (oldDirs.length === historySize) {
        for (const list of [oldDirs, oldStps, ro]) this.#drop(list.shift() as Tensor);
      }
      for (const [list, value] of [
        [oldDirs, y],
        [oldStps, s],
        [ro, noGrad(() => product.reciprocal())],
      ] as const) {
        keepStorage(value.storage);
        list.push(value);
      }
      this.#keep(
        memory,
        'HDiag',
        noGrad(() => product.div(curvature)),
      );
    }
    const turned = noGrad(() => {
      const shares: Tensor[] = [];
      let q = neg(gradient);
      for (let at = oldDirs.length - 1; at >= 0; at--) {
        shares[at] = mul(dot(oldStps[at], q), ro[at]);
        q = sub(q, mul(oldDirs[at], shares[at]));
      }
      let direction = mul(q, memory.HDiag);
      for (let at = 0; at < oldDirs.length; at++) {
        const back = mul(dot(oldDirs[at], direction), ro[at]);
        direction = add(direction, mul(oldStps[at], sub(shares[at], back)));
      }
      return direction;
    });
    this.#keep(memory, 'd', turned);
  }

  /** Puts a vector into the memory: kept on the device from now on, in the place of the one before. */
  #keep(memory: Memory, name: 'd' | 'prevFlatGrad' | 'HDiag', value: Tensor): void {
    const before = memory[name];
    if (before instanceof Tensor && before.storage !== value.storage) this.#drop(before);
    keepStorage(value.storage);
    memory[name] = value;
  }

  /** Lets a vector go once what was computed from it is recorded. */
  #drop(value: Tensor): void {
    this.#dropped.push(value);
  }

  /** Records all that is kept; what was dropped goes. */
  #settle(): void {
    flushUpdate(this.paramGroups[0].params[0].device);
    for (const { storage } of this.#dropped.splice(0)) unkeepStorage(storage);
  }
}

const largest = (x: Tensor): Promise<number> => item(noGrad(() => amax(abs(x))));
