// Recurrent nets: layers over sequences, in one or both directions, and single cells. They hold the parameters under
// PyTorch's names and hand sequences to ops/recurrent.ts.

import { empty } from '../create/create.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { cat, stack } from '../ops/join.ts';
import { linear } from '../ops/nn.ts';
import { indexSelect } from '../ops/gather.ts';
import { select } from '../ops/part.ts';
import { type CellKind, gatesOf, recur, type State, zerosAs } from '../ops/recurrent.ts';
import { squeeze, transpose, unsqueeze } from '../ops/view.ts';
import { formatShape, sameShape } from '../shape.ts';
import { type Args, optional, p } from '../core/signature.ts';
import type { Tensor } from '../core/tensor.ts';
import { boundByName, type Named, placeOptions, placeParams, pythonText, snakeCase } from './arguments.ts';
import { dropout } from './functional.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { packAs, PackedSequence, unpacked } from './packed.ts';
import { Parameter } from './parameter.ts';

/** The parameter `nonlinearity` of plain cells. */
export const nonlinearityParam = optional(
  p.custom<'tanh' | 'relu'>()('nonlinearity', "'tanh' or 'relu'", (v) => v === 'tanh' || v === 'relu'),
  'tanh',
);
const sizes = [p.int('inputSize'), p.int('hiddenSize')] as const;
const layers = optional(p.int('numLayers'), 1);
const common = [
  optional(p.bool('bias'), true),
  optional(p.bool('batchFirst'), false),
  optional(p.number('dropout'), 0),
  optional(p.bool('bidirectional'), false),
] as const;
const projSize = optional(p.int('projSize'), 0);
const gruSignature = [...sizes, layers, ...common, ...placeParams] as const;
const rnnSignature = [...sizes, layers, nonlinearityParam, ...common, ...placeParams] as const;
const lstmSignature = [...sizes, layers, ...common, projSize, ...placeParams] as const;

/** The parameters of one direction of one layer. */
interface Weights {
  readonly input: Parameter;
  readonly hidden: Parameter;
  readonly inputBias: Parameter | null;
  readonly hiddenBias: Parameter | null;
  readonly projection: Parameter | null;
}

/** Draws all parameters from +-1 / sqrt(hiddenSize), in the order in which they were made. */
export function drawAll(module: Module, hiddenSize: number): void {
  const edge = hiddenSize > 0 ? 1 / Math.sqrt(hiddenSize) : 0;
  for (const parameter of module.parameters()) init.uniform_(parameter, -edge, edge);
}

function requireSizes(op: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= 1) continue;
    throw new ArgumentError({ op, fact: `${name} is ${value}`, rule: 'it must be at least 1' });
  }
}

/**
 * What RNN, GRU and LSTM are: layers of cells over a sequence (T, B, inputSize), which packed, batch first or without a batch are
 * other forms of. https://pytorch.org/docs/stable/generated/torch.nn.RNNBase.html
 */
export abstract class RNNBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;
  /** The parameters of the first layer; those of the others have its number, those backwards end in `Reverse`. */
  declare readonly weightIhL0: Parameter;
  declare readonly weightHhL0: Parameter;
  declare readonly biasIhL0: Parameter | null;
  declare readonly biasHhL0: Parameter | null;

  constructor(op: string, options: Omit<Named<typeof lstmSignature>, 'projSize'>, gates: number, projSize = 0) {
    super();
    const { inputSize, hiddenSize, numLayers } = options;
    requireSizes(op, { inputSize, hiddenSize, numLayers });
    if (!(options.dropout >= 0 && options.dropout <= 1)) {
      throw new ArgumentError({
        op,
        fact: `dropout is ${options.dropout}`,
        rule: 'a probability lies between 0 and 1',
      });
    }
    if (projSize < 0 || projSize >= hiddenSize) {
      throw new ArgumentError({
        op,
        fact: `projSize is ${projSize}`,
        rule: `it must be below hiddenSize, ${hiddenSize}`,
      });
    }
    if (options.dropout > 0 && numLayers === 1) {
      console.warn(
        'UserWarning: dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects ' +
          `num_layers greater than 1, but got dropout=${pythonText(options.dropout)} and num_layers=1`,
      );
    }
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = options.bias;
    this.batchFirst = options.batchFirst;
    this.dropout = options.dropout;
    this.bidirectional = options.bidirectional;
    this.projSize = projSize;
    const place = placeOptions(options);
    const rows = gates * hiddenSize;
    const shown = projSize || hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const width = layer === 0 ? inputSize : shown * this.directions;
      for (let direction = 0; direction < this.directions; direction++) {
        const made = {
          weightIh: [rows, width],
          weightHh: [rows, shown],
          ...(options.bias ? { biasIh: [rows], biasHh: [rows] } : {}),
          ...(projSize > 0 ? { weightHr: [projSize, hiddenSize] } : {}),
        };
        for (const [name, shape] of Object.entries(made)) {
          this.registerParameter(nameOf(name, layer, direction), new Parameter(empty(shape, place)));
        }
      }
    }
    this.resetParameters();
  }

  /** What the cells are. */
  protected abstract get kind(): CellKind;

  private get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Draws the parameters anew: all uniform on +-1 / sqrt(hiddenSize). */
  resetParameters(): void {
    drawAll(this, this.hiddenSize);
  }

  protected override stateName(property: string): string {
    return snakeCase(property);
  }

  private weights(layer: number, direction: number): Weights {
    const named = (name: string): Parameter | null =>
      (Reflect.get(this, nameOf(name, layer, direction)) as Parameter | undefined) ?? null;
    return {
      input: named('weightIh') as Parameter,
      hidden: named('weightHh') as Parameter,
      inputBias: named('biasIh'),
      hiddenBias: named('biasHh'),
      projection: named('weightHr'),
    };
  }

  /** Runs all layers over (T, B, inputSize) from states (layers * directions, B, ..); `valid` (T, B, 1) masks. */
  private through(input: Tensor, start: State, valid: Tensor | null): { readonly output: Tensor; readonly end: State } {
    const ends: State[] = [];
    let x = input;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs: Tensor[] = [];
      for (let direction = 0; direction < this.directions; direction++) {
        const own = this.weights(layer, direction);
        const which = ends.length;
        const first = (states: Tensor): Tensor => select(states, 0, which);
        const { hidden, memory } = recur({
          kind: this.kind,
          fromInput: linear(x, own.input, own.inputBias),
          hidden: first(start.hidden),
          memory: start.memory === null ? null : first(start.memory),
          weight: own.hidden,
          bias: own.hiddenBias,
          projection: own.projection,
          reverse: direction === 1,
          valid,
        });
        const last = (states: Tensor): Tensor => select(states, 0, direction === 1 ? 0 : -1);
        ends.push({ hidden: last(hidden), memory: memory === null ? null : last(memory) });
        outputs.push(hidden);
      }
      x = outputs.length === 1 ? outputs[0] : cat(outputs, 2);
      if (layer + 1 < this.numLayers) x = dropout(x, this.dropout, this.training);
    }
    const pile = (list: readonly Tensor[]): Tensor => (list.length === 1 ? unsqueeze(list[0], 0) : stack(list));
    const memories = ends.flatMap(({ memory }) => (memory === null ? [] : [memory]));
    const end = {
      hidden: pile(ends.map(({ hidden }) => hidden)),
      memory: memories.length === 0 ? null : pile(memories),
    };
    return { output: x, end };
  }

  /** The output in the form of the input, and the final states (layers * directions, B, ..), without B if the input has none. */
  protected over(
    input: Tensor | PackedSequence,
    given: State | null,
  ): { readonly output: Tensor | PackedSequence; readonly end: State } {
    const op = `nn.${this.typeName()}`;
    const packed = input instanceof PackedSequence ? input : null;
    const x = packed === null ? (input as Tensor) : packed.data;
    const single = packed === null && x.shape.length === 2;
    const wanted = packed === null && !single ? 3 : 2;
    if (x.shape.length !== wanted || x.shape.at(-1) !== this.inputSize) {
      const form = this.batchFirst ? '(batch, time, ' : '(time, batch, ';
      throw new ShapeError({
        op,
        fact: `input ${formatShape(x.shape)}`,
        rule: `it must be ${form}${this.inputSize}), or (time, ${this.inputSize}) without a batch`,
      });
    }
    const padded = packed === null ? null : unpacked(packed);
    const times = padded?.values ?? (single ? unsqueeze(x, 1) : this.batchFirst ? transpose(x, 0, 1) : x);
    const batch = times.shape[1];
    const start = this.startingState(op, given, batch, single, times);
    const sorted = packed?.sortedIndices ?? null;
    const turned = (states: Tensor, by: Tensor | null): Tensor => (by === null ? states : indexSelect(states, 1, by));
    const both = (state: State, map: (states: Tensor) => Tensor): State => ({
      hidden: map(state.hidden),
      memory: state.memory === null ? null : map(state.memory),
    });
    const { output, end } = this.through(
      times,
      both(start, (states) => turned(states, sorted)),
      padded?.valid ?? null,
    );
    if (packed !== null) {
      const unsorted = packed.unsortedIndices;
      return { output: packAs(packed, output), end: both(end, (states) => turned(states, unsorted)) };
    }
    if (single) return { output: squeeze(output, 1), end: both(end, (states) => squeeze(states, 1)) };
    return { output: this.batchFirst ? transpose(output, 0, 1) : output, end };
  }

  private startingState(op: string, given: State | null, batch: number, single: boolean, like: Tensor): State {
    const count = this.numLayers * this.directions;
    const shapeOf = (size: number): number[] => [count, batch, size];
    const form = (states: Tensor | null | undefined, size: number, name: string): Tensor => {
      if (states === null || states === undefined) return zerosAs(like, shapeOf(size));
      const wide = single && states.shape.length === 2 ? unsqueeze(states, 1) : states;
      if (sameShape(wide.shape, shapeOf(size))) return wide;
      throw new ShapeError({
        op,
        fact: `${name} ${formatShape(states.shape)}`,
        rule: `it must be ${formatShape(single ? [count, size] : shapeOf(size))}: (layers * directions, batch, size)`,
      });
    };
    return {
      hidden: form(given?.hidden, this.projSize || this.hiddenSize, 'the initial hidden state'),
      memory: this.kind === 'lstm' ? form(given?.memory, this.hiddenSize, 'the initial memory') : null,
    };
  }

  override extraRepr(): string {
    const shown = [
      `${this.inputSize}, ${this.hiddenSize}`,
      this.projSize !== 0 && `proj_size=${this.projSize}`,
      this.numLayers !== 1 && `num_layers=${this.numLayers}`,
      !this.bias && 'bias=False',
      this.batchFirst && 'batch_first=True',
      this.dropout !== 0 && `dropout=${pythonText(this.dropout)}`,
      this.bidirectional && 'bidirectional=True',
    ];
    return shown.filter((text) => text !== false).join(', ');
  }
}

/** `weightIh` of layer 1 backwards -> `weightIhL1Reverse`, `weight_ih_l1_reverse` in the state dict. */
function nameOf(name: string, layer: number, direction: number): string {
  return `${name}L${layer}${direction === 1 ? 'Reverse' : ''}`;
}

// A packed sequence in, a packed sequence out; TypeScript cannot write a call signature in a class.
// oxlint-disable-next-line no-unsafe-declaration-merging
export interface RNN {
  (input: PackedSequence, hx?: Tensor | null): [PackedSequence, Tensor];
}

/**
 * h' = tanh(W x + b + U h + c), or of relu: input (T, B, inputSize) -> [outputs (T, B, directions * hiddenSize), final states].
 * https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
// oxlint-disable-next-line no-unsafe-declaration-merging
export class RNN extends RNNBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(...args: Args<typeof rnnSignature>) {
    const options = boundByName('nn.RNN', rnnSignature, args);
    super('nn.RNN', options, gatesOf.tanh);
    this.nonlinearity = options.nonlinearity;
  }

  protected override get kind(): CellKind {
    return this.nonlinearity;
  }

  forward(input: PackedSequence, hx?: Tensor | null): [PackedSequence, Tensor];
  forward(input: Tensor, hx?: Tensor | null): [Tensor, Tensor];
  forward(input: Tensor | PackedSequence, hx: Tensor | null = null): [Tensor | PackedSequence, Tensor] {
    const { output, end } = this.over(input, hx === null ? null : { hidden: hx, memory: null });
    return [output, end.hidden];
  }
}

// A packed sequence in, a packed sequence out; TypeScript cannot write a call signature in a class.
// oxlint-disable-next-line no-unsafe-declaration-merging
export interface GRU {
  (input: PackedSequence, hx?: Tensor | null): [PackedSequence, Tensor];
}

/**
 * Gated recurrent units: input (T, B, inputSize) -> [outputs (T, B, directions * hiddenSize), final states].
 * https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
// oxlint-disable-next-line no-unsafe-declaration-merging
export class GRU extends RNNBase {
  constructor(...args: Args<typeof gruSignature>) {
    super('nn.GRU', boundByName('nn.GRU', gruSignature, args), gatesOf.gru);
  }

  protected override get kind(): CellKind {
    return 'gru';
  }

  forward(input: PackedSequence, hx?: Tensor | null): [PackedSequence, Tensor];
  forward(input: Tensor, hx?: Tensor | null): [Tensor, Tensor];
  forward(input: Tensor | PackedSequence, hx: Tensor | null = null): [Tensor | PackedSequence, Tensor] {
    const { output, end } = this.over(input, hx === null ? null : { hidden: hx, memory: null });
    return [output, end.hidden];
  }
}

// A packed sequence in, a packed sequence out; TypeScript cannot write a call signature in a class.
// oxlint-disable-next-line no-unsafe-declaration-merging
export interface LSTM {
  (input: PackedSequence, hx?: readonly [Tensor, Tensor] | null): [PackedSequence, [Tensor, Tensor]];
}

/**
 * Long short-term memory: input (T, B, inputSize) -> [outputs (T, B, directions * (projSize or hiddenSize)), [states, memories]].
 * https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
// oxlint-disable-next-line no-unsafe-declaration-merging
export class LSTM extends RNNBase {
  constructor(...args: Args<typeof lstmSignature>) {
    const options = boundByName('nn.LSTM', lstmSignature, args);
    super('nn.LSTM', options, gatesOf.lstm, options.projSize);
  }

  protected override get kind(): CellKind {
    return 'lstm';
  }

  forward(input: PackedSequence, hx?: readonly [Tensor, Tensor] | null): [PackedSequence, [Tensor, Tensor]];
  forward(input: Tensor, hx?: readonly [Tensor, Tensor] | null): [Tensor, [Tensor, Tensor]];
  forward(
    input: Tensor | PackedSequence,
    hx: readonly [Tensor, Tensor] | null = null,
  ): [Tensor | PackedSequence, [Tensor, Tensor]] {
    const { output, end } = this.over(input, hx === null ? null : { hidden: hx[0], memory: hx[1] });
    return [output, [end.hidden, end.memory as Tensor]];
  }
}
