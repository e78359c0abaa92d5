// One direction of one layer of a recurrent net over a whole sequence, as one step of the tape. The products with the input
// are made for all times at once by the caller; forward, a time takes one product for all gates and one formula. The way
// back computes the gates of all times again in one product, has one product and one formula a time, and makes the
// gradients of the weights of all times at once. Being written in tensors, it can be differentiated again.
// Knows cells and sequences; layers, directions and parameters are those of nn/recurrent.ts.

import type { Shape } from '../shape.ts';
import { Tensor } from '../core/tensor.ts';
import { composite, fillNode } from './apply.ts';
import { add, mul, rsub, square, sub, where } from './arithmetic.ts';
import { cat, stack } from './join.ts';
import { gt, relu, sigmoid, tanh } from './math.ts';
import { addmm, matmul, mm } from './matmul.ts';
import { narrow, select } from './part.ts';
import { sum } from './reduce.ts';
import { reshape, t, unsqueeze } from './view.ts';

/** The kinds of cells: J. Elman's with tanh or relu, the gated unit (K. Cho et al. 2014), long short-term memory (1997). */
export type CellKind = 'tanh' | 'relu' | 'gru' | 'lstm';

/** Gates a cell has: each is a block of rows in the weights, in PyTorch's order. */
export const gatesOf: Readonly<Record<CellKind, number>> = { tanh: 1, relu: 1, gru: 3, lstm: 4 };

/** What a cell does at one time or, in the same formulas, at all times: the last dimension of gates is blocks of H. */
interface Cell {
  /** The next hidden values, and the next memory where the cell has one. */
  next(fromInput: Tensor, fromHidden: Tensor, before: State): State;
  /** How a change of the next state reaches what it came from: see Slopes. */
  slopes(fromInput: Tensor, fromHidden: Tensor, before: State, after: State): Slopes;
}

/** Hidden values (.., H), and the memory of a cell that has one (.., H). */
export interface State {
  readonly hidden: Tensor;
  readonly memory: Tensor | null;
}

/** Derivatives: with dh, dc for the next state, each is a factor. Gates are (.., G, H). */
interface Slopes {
  /** To the sums of the gates that come from the hidden values, by dh. */
  readonly gates: Tensor;
  /** To those that come from the input, where they differ. */
  readonly inputGates?: Tensor;
  /** Straight to the hidden values before, by dh. */
  readonly kept?: Tensor;
  /** Of a memory. */
  readonly memory?: {
    /** From dh to the memory: dc' = dc + turned dh. */
    readonly turned: Tensor;
    /** To the sums of the gates, by dc'. */
    readonly gates: Tensor;
    /** To the memory before, by dc'. */
    readonly kept: Tensor;
  };
}

/** Blocks of the last dimension: (.., count * H) -> count times (.., H). */
function blocks(x: Tensor, count: number): Tensor[] {
  const size = (x.shape.at(-1) as number) / count;
  return Array.from({ length: count }, (_, at) => narrow(x, -1, at * size, size));
}

/** Tensors on top of each other; one alone is only seen so. */
const pile = (parts: readonly Tensor[]): Tensor => (parts.length === 1 ? unsqueeze(parts[0], 0) : stack(parts));

const side = (parts: readonly Tensor[]): Tensor => stack(parts, -2);
/** s (1 - s): the slope of the sigmoid s. */
const bend = (s: Tensor): Tensor => mul(s, rsub(s, 1));

function plainCell(activation: (x: Tensor) => Tensor, slope: (after: Tensor) => Tensor): Cell {
  return {
    next: (fromInput, fromHidden) => ({ hidden: activation(add(fromInput, fromHidden)), memory: null }),
    slopes: (_fromInput, _fromHidden, _before, { hidden }) => ({ gates: unsqueeze(slope(hidden), -2) }),
  };
}

/** Gates of a GRU: reset r, update z, new n = tanh(i + r a) with a from the hidden values. */
function gruGates(fromInput: Tensor, fromHidden: Tensor) {
  const [ir, iz, i] = blocks(fromInput, 3);
  const [hr, hz, a] = blocks(fromHidden, 3);
  const r = sigmoid(add(ir, hr));
  return { r, z: sigmoid(add(iz, hz)), a, n: tanh(add(i, mul(r, a))) };
}

const gru: Cell = {
  // n + z (h - n) = (1 - z) n + z h
  next: (fromInput, fromHidden, { hidden }) => {
    const { z, n } = gruGates(fromInput, fromHidden);
    return { hidden: add(n, mul(z, sub(hidden, n))), memory: null };
  },
  slopes: (fromInput, fromHidden, { hidden }) => {
    const { r, z, a, n } = gruGates(fromInput, fromHidden);
    const fresh = mul(rsub(z, 1), rsub(square(n), 1));
    const reset = mul(mul(fresh, a), bend(r));
    const update = mul(sub(hidden, n), bend(z));
    return { gates: side([reset, update, mul(fresh, r)]), inputGates: side([reset, update, fresh]), kept: z };
  },
};

/** Gates of an LSTM: input i, forget f, new g, output o. */
function lstmGates(fromInput: Tensor, fromHidden: Tensor) {
  const [i, f, g, o] = blocks(add(fromInput, fromHidden), 4);
  return { i: sigmoid(i), f: sigmoid(f), g: tanh(g), o: sigmoid(o) };
}

const lstm: Cell = {
  next: (fromInput, fromHidden, before) => {
    const { i, f, g, o } = lstmGates(fromInput, fromHidden);
    const memory = add(mul(f, before.memory as Tensor), mul(i, g));
    return { hidden: mul(o, tanh(memory)), memory };
  },
  slopes: (fromInput, fromHidden, before, after) => {
    const { i, f, g, o } = lstmGates(fromInput, fromHidden);
    const shown = tanh(after.memory as Tensor);
    const none = mul(shown, 0);
    const byMemory = [mul(g, bend(i)), mul(before.memory as Tensor, bend(f)), mul(i, rsub(square(g), 1)), none];
    return {
      gates: side([none, none, none, mul(shown, bend(o))]),
      memory: { turned: mul(o, rsub(square(shown), 1)), gates: side(byMemory), kept: f },
    };
  },
};

const cells: Readonly<Record<CellKind, Cell>> = {
  tanh: plainCell(tanh, (after) => rsub(square(after), 1)),
  relu: plainCell(relu, (after) => where(gt(after, 0), add(mul(after, 0), 1), 0)),
  gru,
  lstm,
};

/** What one direction of one layer runs over: its gates, its weights, and the state that it starts with. */
export interface Sequence {
  readonly kind: CellKind;
  /** What the gates get from the input: (T, B, G H). */
  readonly fromInput: Tensor;
  /** (B, P): P is H, or the size of the projection. */
  readonly hidden: Tensor;
  /** (B, H) of an LSTM. */
  readonly memory: Tensor | null;
  /** (G H, P). */
  readonly weight: Tensor;
  /** (G H). */
  readonly bias: Tensor | null;
  /** (P, H): the hidden values are this times what the cell shows. */
  readonly projection: Tensor | null;
  /** From the last time to the first. */
  readonly reverse: boolean;
  /** (T, B, 1) of bool: where it is false the state stays what it was. */
  readonly valid: Tensor | null;
}

const project = (hidden: Tensor, projection: Tensor | null): Tensor =>
  projection === null ? hidden : matmul(hidden, t(projection));

/** The sums of the gates that come from hidden values (N, P) -> (N, G H). */
function gateSums(hidden: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return bias === null ? mm(hidden, t(weight)) : addmm(bias, hidden, t(weight));
}

const at = (x: Tensor, time: number): Tensor => select(x, 0, time);

/** The times of a sequence in the order in which they are run. */
function order(length: number, reverse: boolean): number[] {
  return Array.from({ length }, (_, step) => (reverse ? length - 1 - step : step));
}

/** (T, B, P + H) or, without a memory, (T, B, P): what each time leaves behind, seen as hidden values and memory. */
function parted(states: Tensor, batch: number, sizes: readonly [number, number]): State {
  const [hidden, memory] = sizes;
  if (memory === 0) return { hidden: states, memory: null };
  const [length] = states.shape;
  const part = (start: number, size: number): Tensor =>
    reshape(narrow(states, 1, start, batch * size), length, batch, size);
  return { hidden: part(0, hidden), memory: part(batch * hidden, memory) };
}

/** The states of all times: (T, B, P), or (T, B P + B H) where there is a memory. */
function run(sequence: Sequence): Tensor {
  const { fromInput, weight, bias, projection, valid } = sequence;
  const cell = cells[sequence.kind];
  const [length] = fromInput.shape;
  let state: State = sequence;
  const left: State[] = [];
  for (const time of order(length, sequence.reverse)) {
    const next = cell.next(at(fromInput, time), gateSums(state.hidden, weight, bias), state);
    const hidden = project(next.hidden, projection);
    const holds = valid === null ? null : at(valid, time);
    const stays = (fresh: Tensor, before: Tensor): Tensor => (holds === null ? fresh : where(holds, fresh, before));
    state = {
      hidden: stays(hidden, state.hidden),
      memory: next.memory === null ? null : stays(next.memory, state.memory as Tensor),
    };
    left[time] = state;
  }
  if (sequence.memory === null) return pile(left.map(({ hidden }) => hidden));
  const flat = left.flatMap(({ hidden, memory }) => [reshape(hidden, -1), reshape(memory as Tensor, -1)]);
  return reshape(cat(flat), length, -1);
}

/** The states before each time: those after it, moved by one, and the first. */
function earlier(after: Tensor, first: Tensor, reverse: boolean): Tensor {
  const [length] = after.shape;
  const start = unsqueeze(first, 0);
  return reverse ? cat([narrow(after, 0, 1, length - 1), start]) : cat([start, narrow(after, 0, 0, length - 1)]);
}

const flat = (x: Tensor): Tensor => reshape(x, -1, x.shape.at(-1) as number);

/** Gradients of everything that a sequence is computed from, by those of its states. */
function back(sequence: Sequence, after: State, flow: State) {
  const { fromInput, weight, bias, projection, reverse, valid } = sequence;
  const [length, batch, width] = fromInput.shape;
  const before: State = {
    hidden: earlier(after.hidden, sequence.hidden, reverse),
    memory: sequence.memory === null ? null : earlier(after.memory as Tensor, sequence.memory, reverse),
  };
  const sums = reshape(gateSums(flat(before.hidden), weight, bias), length, batch, width);
  const cell = cells[sequence.kind];
  const fresh = projection === null && valid === null ? after : cell.next(fromInput, sums, before);
  const { gates, inputGates, kept, memory } = cell.slopes(fromInput, sums, before, fresh);

  let hidden: Tensor | null = null;
  let remembered: Tensor | null = null;
  const hiddenFlows: Tensor[] = [];
  const memoryFlows: Tensor[] = [];
  for (const time of order(length, !reverse)) {
    const toHidden: Tensor = hidden === null ? at(flow.hidden, time) : add(at(flow.hidden, time), hidden);
    const holds = valid === null ? null : at(valid, time);
    const live = (x: Tensor): Tensor => (holds === null ? x : where(holds, x, 0));
    const idle = (x: Tensor, passed: Tensor): Tensor => (holds === null ? passed : where(holds, passed, x));
    const towards = live(toHidden);
    const shown = projection === null ? towards : matmul(towards, projection);
    let push = mul(unsqueeze(shown, 1), at(gates, time));
    if (memory !== undefined) {
      const given = at(flow.memory as Tensor, time);
      const toMemory: Tensor = remembered === null ? given : add(given, remembered);
      const turned = add(live(toMemory), mul(shown, at(memory.turned, time)));
      push = add(push, mul(unsqueeze(turned, 1), at(memory.gates, time)));
      remembered = idle(toMemory, mul(turned, at(memory.kept, time)));
      memoryFlows[time] = turned;
    }
    const through = mm(reshape(push, batch, width), weight);
    hidden = idle(toHidden, kept === undefined ? through : add(through, mul(shown, at(kept, time))));
    hiddenFlows[time] = towards;
  }

  const allHidden = pile(hiddenFlows);
  const allShown = projection === null ? allHidden : matmul(allHidden, projection);
  const wide = (slopes: Tensor): Tensor => {
    const pushed = mul(unsqueeze(allShown, 2), slopes);
    const both = memory === undefined ? pushed : add(pushed, mul(unsqueeze(pile(memoryFlows), 2), memory.gates));
    return reshape(both, length, batch, width);
  };
  const gateFlows = wide(gates);
  return {
    fromInput: inputGates === undefined ? gateFlows : wide(inputGates),
    hidden: hidden as Tensor,
    memory: remembered,
    weight: mm(t(flat(gateFlows)), flat(before.hidden)),
    bias: bias === null ? null : sum(gateFlows, [0, 1]),
    projection: projection === null ? null : mm(t(flat(allHidden)), flat(fresh.hidden)),
  };
}

/**
 * The hidden values after each time (T, B, P) and, of an LSTM, the memories (T, B, H). In reverse, time 0 is the last that
 * is run; so the final state is that of time T - 1, or of time 0.
 */
export function recur(sequence: Sequence): State {
  const { fromInput, hidden, memory, weight, bias, projection, reverse, kind, valid } = sequence;
  const batch = fromInput.shape[1];
  const sizes: readonly [number, number] = [hidden.shape[1], memory === null ? 0 : memory.shape[1]];
  const optionals = [memory, bias, projection].filter((one) => one !== null);
  const inputs = [fromInput, hidden, weight, ...optionals];
  const states = composite(
    'RecurrentBackward0',
    inputs,
    () => run(sequence),
    (grad, { input, output, needs }) => {
      const place = (one: Tensor | null): number => (one === null ? -1 : 3 + optionals.indexOf(one));
      const [memoryAt, biasAt, projectionAt] = [memory, bias, projection].map(place);
      const saved = (index: number): Tensor | null => (index < 0 ? null : input(index));
      const given: Sequence = {
        kind,
        fromInput: input(0),
        hidden: input(1),
        weight: input(2),
        memory: saved(memoryAt),
        bias: saved(biasAt),
        projection: saved(projectionAt),
        reverse,
        valid,
      };
      const flows = back(given, parted(output(), batch, sizes), parted(grad, batch, sizes));
      const answers: (Tensor | null)[] = [flows.fromInput, flows.hidden, flows.weight];
      if (memoryAt >= 0) answers[memoryAt] = flows.memory;
      if (biasAt >= 0) answers[biasAt] = flows.bias;
      if (projectionAt >= 0) answers[projectionAt] = flows.projection;
      return answers.map((flow, index) => (needs(index) ? flow : null));
    },
  );
  return parted(states, batch, sizes);
}

/** Zeros of a shape where `like` lives. */
export function zerosAs(like: Tensor, shape: Shape): Tensor {
  return Tensor.at(fillNode(0, like.device, like.dtype, [...shape]), null);
}
