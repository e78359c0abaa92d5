// Single cells of recurrent nets, for loops of the user's: one time, one layer, one direction.

import { empty } from '../create/create.ts';
import { ShapeError } from '../errors.ts';
import { linear } from '../ops/nn.ts';
import { select } from '../ops/part.ts';
import { type CellKind, gatesOf, recur, type State, zerosAs } from '../ops/recurrent.ts';
import { squeeze, unsqueeze } from '../ops/view.ts';
import { formatShape, sameShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, type Named, placeOptions, placeParams, snakeCase } from './arguments.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { drawAll, nonlinearityParam } from './recurrent.ts';

const signature = [p.int('inputSize'), p.int('hiddenSize'), optional(p.bool('bias'), true), ...placeParams] as const;
const plainSignature = [
  p.int('inputSize'),
  p.int('hiddenSize'),
  optional(p.bool('bias'), true),
  nonlinearityParam,
  ...placeParams,
] as const;

/** What all cells are: weights (gates * hiddenSize, ..), and a step from (B, inputSize) or (inputSize). PyTorch's base under its name. */
export abstract class RNNCellBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly weightIh: Parameter;
  readonly weightHh: Parameter;
  readonly biasIh: Parameter | null;
  readonly biasHh: Parameter | null;

  constructor(options: Named<typeof signature>, gates: number) {
    super();
    const { inputSize, hiddenSize, bias } = options;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, placeOptions(options)));
    const rows = gates * hiddenSize;
    this.weightIh = make(rows, inputSize);
    this.weightHh = make(rows, hiddenSize);
    this.biasIh = bias ? make(rows) : null;
    this.biasHh = bias ? make(rows) : null;
    this.resetParameters();
  }

  /** What the cell computes. */
  protected abstract get kind(): CellKind;

  /** Draws the parameters anew: all uniform on +-1 / sqrt(hiddenSize). */
  resetParameters(): void {
    drawAll(this, this.hiddenSize);
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  /** The state after one time. */
  protected step(input: Tensor, given: State | null): State {
    const single = input.shape.length === 1;
    const x = single ? unsqueeze(input, 0) : input;
    const shape = [x.shape[0], this.hiddenSize];
    const form = (state: Tensor | null | undefined): Tensor => {
      if (state === null || state === undefined) return zerosAs(x, shape);
      const wide = single ? unsqueeze(state, 0) : state;
      if (sameShape(wide.shape, shape)) return wide;
      throw this.misfit(
        `a state ${formatShape(state.shape)}`,
        `it must be ${formatShape(single ? shape.slice(1) : shape)}`,
      );
    };
    if (x.shape.length !== 2 || x.shape[1] !== this.inputSize) {
      throw this.misfit(
        `input ${formatShape(input.shape)}`,
        `it must be (batch, ${this.inputSize}) or (${this.inputSize})`,
      );
    }
    const { hidden, memory } = recur({
      kind: this.kind,
      fromInput: unsqueeze(linear(x, this.weightIh, this.biasIh), 0),
      hidden: form(given?.hidden),
      memory: this.kind === 'lstm' ? form(given?.memory) : null,
      weight: this.weightHh,
      bias: this.biasHh,
      projection: null,
      reverse: false,
      valid: null,
    });
    const only = (states: Tensor): Tensor => (single ? squeeze(select(states, 0, 0), 0) : select(states, 0, 0));
    return { hidden: only(hidden), memory: memory === null ? null : only(memory) };
  }

  private misfit(fact: string, rule: string): ShapeError {
    return new ShapeError({ op: `nn.${this.typeName()}`, fact, rule });
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : ', bias=False'}`;
  }
}

/** h' = tanh(W x + b + U h + c), or of relu. https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html */
export class RNNCell extends RNNCellBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(...args: Args<typeof plainSignature>) {
    const options = boundByName('nn.RNNCell', plainSignature, args);
    super(options, gatesOf.tanh);
    this.nonlinearity = options.nonlinearity;
  }

  protected override get kind(): CellKind {
    return this.nonlinearity;
  }

  forward(input: Tensor, hx: Tensor | null = null): Tensor {
    return this.step(input, hx === null ? null : { hidden: hx, memory: null }).hidden;
  }

  override extraRepr(): string {
    return this.nonlinearity === 'tanh' ? super.extraRepr() : `${super.extraRepr()}, nonlinearity=${this.nonlinearity}`;
  }
}

/** A gated recurrent unit. https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html */
export class GRUCell extends RNNCellBase {
  constructor(...args: Args<typeof signature>) {
    super(boundByName('nn.GRUCell', signature, args), gatesOf.gru);
  }

  protected override get kind(): CellKind {
    return 'gru';
  }

  forward(input: Tensor, hx: Tensor | null = null): Tensor {
    return this.step(input, hx === null ? null : { hidden: hx, memory: null }).hidden;
  }
}

/** A cell of long short-term memory: [hidden values, memory]. https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html */
export class LSTMCell extends RNNCellBase {
  constructor(...args: Args<typeof signature>) {
    super(boundByName('nn.LSTMCell', signature, args), gatesOf.lstm);
  }

  protected override get kind(): CellKind {
    return 'lstm';
  }

  forward(input: Tensor, hx: readonly [Tensor, Tensor] | null = null): [Tensor, Tensor] {
    const { hidden, memory } = this.step(input, hx === null ? null : { hidden: hx[0], memory: hx[1] });
    return [hidden, memory as Tensor];
  }
}
