// Layers that normalise each channel, over the batch (BatchNorm) or within each example (InstanceNorm), with running
// statistics as buffers. The dimensions of the input are what their names differ in.

import { zeros } from '../create/create.ts';
import { ShapeError } from '../errors.ts';
import { toDType } from '../ops/apply.ts';
import { reciprocal } from '../ops/arithmetic.ts';
import { add_ } from '../ops/inplace.ts';
import { batchNorm, instanceNorm } from '../ops/normalization.ts';
import { squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, floatText, placeOptions, placeParams, pythonText, snakeCase } from './arguments.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Parameter, settleShapes, UninitializedBuffer, UninitializedParameter } from './parameter.ts';

const momentumParam = p.custom<number | null>()(
  'momentum',
  'a number or null',
  (v) => v === null || typeof v === 'number',
);

const optionsOf = <const A extends boolean>(affine: A) =>
  [
    optional(p.number('eps'), 1e-5),
    optional(momentumParam, 0.1),
    optional(p.bool('affine'), affine as boolean),
    optional(p.bool('trackRunningStats'), affine as boolean),
    ...placeParams,
  ] as const;

/** BatchNorm's options, and those of the lazy InstanceNorm; all are on. */
export const batchOptions = optionsOf(true);
/** InstanceNorm's options; neither weight nor running statistics. */
const instanceOptions = optionsOf(false);
const features = p.int('numFeatures');
const batchSignature = [features, ...batchOptions] as const;
const instanceSignature = [features, ...instanceOptions] as const;

export type BatchNormArgs = Args<typeof batchSignature>;
export type InstanceNormArgs = Args<typeof instanceSignature>;

/** What BatchNorm and InstanceNorm share. */
export abstract class ChannelNorm extends Module {
  numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  declare readonly runningMean: Tensor | null;
  declare readonly runningVar: Tensor | null;
  declare readonly numBatchesTracked: Tensor | null;

  constructor(op: string, signature: typeof batchSignature | typeof instanceSignature, args: readonly unknown[]) {
    super();
    const given = boundByName(op, signature as typeof batchSignature, args);
    const { numFeatures: count, affine, trackRunningStats: tracked } = given;
    this.numFeatures = count;
    this.eps = given.eps;
    this.momentum = given.momentum;
    this.affine = affine;
    this.trackRunningStats = tracked;
    const place = placeOptions(given);
    const make = () => (this.lazy ? new UninitializedParameter(place) : new Parameter(zeros([count], place)));
    this.weight = affine ? make() : null;
    this.bias = affine ? make() : null;
    const buffer = () => (this.lazy ? new UninitializedBuffer(place) : zeros([count], place));
    this.registerBuffer('runningMean', tracked ? buffer() : null);
    this.registerBuffer('runningVar', tracked ? buffer() : null);
    this.registerBuffer('numBatchesTracked', tracked ? zeros([], { ...place, dtype: 'int32' }) : null);
    if (!this.lazy) this.resetParameters();
  }

  /** Whether the number of channels is yet to come. */
  protected get lazy(): boolean {
    return false;
  }

  /** Throws unless the input has one of the numbers of dimensions that the layer is for. */
  protected abstract checkDimensions(input: Tensor): void;

  protected requireDimensions(input: Tensor, counts: readonly number[]): void {
    if (counts.includes(input.shape.length)) return;
    throw new ShapeError({
      op: `nn.${this.typeName()}`,
      fact: `input ${formatShape(input.shape)}`,
      rule: `it must have ${counts.join(' or ')} dimensions`,
    });
  }

  /** Throws where the layer has a number for each channel, and the input other channels. */
  protected requireChannels(channels: number): void {
    if (channels === this.numFeatures || (this.weight === null && this.runningMean === null)) return;
    throw new ShapeError({
      op: `nn.${this.typeName()}`,
      fact: `an input of ${channels} channels`,
      rule: `the layer was made for ${this.numFeatures} channels`,
      cure: `Make it with numFeatures ${channels}.`,
    });
  }

  /** Starts the running statistics anew: mean 0, variance 1, no batch. */
  resetRunningStats(): void {
    if (this.runningMean !== null) init.zeros_(this.runningMean);
    if (this.runningVar !== null) init.ones_(this.runningVar);
    if (this.numBatchesTracked !== null) init.zeros_(this.numBatchesTracked);
  }

  /** Weight 1, bias 0, and the running statistics anew. */
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  /** Gives a lazy layer its channels; it is an instance of `eager` from then on. */
  protected settle(eager: { readonly prototype: Module }, channels: number): void {
    this.numFeatures = channels;
    const all = [this.weight, this.bias, this.runningMean, this.runningVar];
    const fresh = settleShapes(all.map((one) => [one, [channels]] as const));
    Object.setPrototypeOf(this, eager.prototype);
    if (fresh) this.resetParameters();
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  override extraRepr(): string {
    return [
      this.numFeatures,
      `eps=${pythonText(this.eps)}`,
      `momentum=${this.momentum === null ? 'None' : floatText(this.momentum, 1)}`,
      `affine=${pythonText(this.affine)}`,
      `track_running_stats=${pythonText(this.trackRunningStats)}`,
    ].join(', ');
  }
}

/** What the batch norms share. */
abstract class BatchNorm extends ChannelNorm {
  constructor(op: string, args: readonly unknown[]) {
    super(op, batchSignature, args);
  }

  forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.requireChannels(input.shape[1]);
    const { runningMean, runningVar, weight, bias, eps } = this;
    const learns = this.training && this.trackRunningStats;
    const momentum = learns ? this.nextMomentum() : 0;
    const training = this.training || runningMean === null || runningVar === null;
    const kept = learns || !training;
    return batchNorm(input, kept ? runningMean : null, kept ? runningVar : null, weight, bias, {
      training,
      momentum,
      eps,
    });
  }

  /** Counts a batch; the share of its statistics, which is a value on the device where it is 1 / batches so far. */
  private nextMomentum(): number | Tensor {
    const count = this.numBatchesTracked;
    if (count !== null) add_(count, 1);
    if (this.momentum !== null || count === null) return this.momentum ?? 0;
    return reciprocal(toDType(count, (this.runningMean as Tensor).dtype));
  }
}

/** What the instance norms share; inputs may come without a batch. */
abstract class InstanceNorm extends ChannelNorm {
  constructor(op: string, args: readonly unknown[]) {
    super(op, instanceSignature, args);
  }

  forward(input: Tensor): Tensor {
    this.checkDimensions(input);
    this.requireChannels(this.channelsOf(input));
    const { runningMean, runningVar, weight, bias, eps } = this;
    const options = { useInputStats: this.training || !this.trackRunningStats, momentum: this.momentum ?? 0, eps };
    const single = input.shape.length === this.unbatched;
    const x = single ? unsqueeze(input, 0) : input;
    const out = instanceNorm(x, runningMean, runningVar, weight, bias, options);
    return single ? squeeze(out, 0) : out;
  }

  /** The number of channels of an input. */
  protected channelsOf(input: Tensor): number {
    return input.shape[input.shape.length === this.unbatched ? 0 : 1];
  }

  /** Dimensions of an input without a batch. */
  protected abstract get unbatched(): number;

  protected override checkDimensions(input: Tensor): void {
    this.requireDimensions(input, [this.unbatched, this.unbatched + 1]);
  }
}

/**
 * (N, C) or (N, C, L) with each channel at mean 0 and variance 1 over the batch, times weight plus bias (C each).
 * https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  constructor(...args: BatchNormArgs) {
    super('nn.BatchNorm1d', args);
  }

  protected override checkDimensions(input: Tensor): void {
    this.requireDimensions(input, [2, 3]);
  }
}

/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html */
export class BatchNorm2d extends BatchNorm {
  constructor(...args: BatchNormArgs) {
    super('nn.BatchNorm2d', args);
  }

  protected override checkDimensions(input: Tensor): void {
    this.requireDimensions(input, [4]);
  }
}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html */
export class BatchNorm3d extends BatchNorm {
  constructor(...args: BatchNormArgs) {
    super('nn.BatchNorm3d', args);
  }

  protected override checkDimensions(input: Tensor): void {
    this.requireDimensions(input, [5]);
  }
}

/**
 * (N, C, L) or (C, L) with each channel of each example at mean 0 and variance 1.
 * https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(...args: InstanceNormArgs) {
    super('nn.InstanceNorm1d', args);
  }

  protected override get unbatched(): number {
    return 2;
  }
}

/** The same over (N, C, H, W). https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html */
export class InstanceNorm2d extends InstanceNorm {
  constructor(...args: InstanceNormArgs) {
    super('nn.InstanceNorm2d', args);
  }

  protected override get unbatched(): number {
    return 3;
  }
}

/** The same over (N, C, D, H, W). https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html */
export class InstanceNorm3d extends InstanceNorm {
  constructor(...args: InstanceNormArgs) {
    super('nn.InstanceNorm3d', args);
  }

  protected override get unbatched(): number {
    return 4;
  }
}
