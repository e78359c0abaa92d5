// Playing a plan: its places become buffers, its parameters words, its commands dispatches. A command that meets the same
// buffers again uses the same bind group; nothing is created in a repeated step.

import type { Node } from '../core/graph.ts';
import type { BufferPool } from './buffers.ts';
import type { PipelineCache, Program } from './pipelines.ts';
import type { Plan } from './plan.ts';
import { type Command, floatBits, type Place, type Word } from './record.ts';
import type { Parameters, Piece, Stream } from './stream.ts';

/** What a replay fills in for the words that are not fixed. */
type Patch =
  | {
      readonly at: number;
      readonly kind: 'given' | 'result';
      readonly index: number;
      readonly plus: number;
      readonly per: number;
    }
  | { readonly at: number; readonly kind: 'scalar'; readonly scalar: number; readonly float: boolean }
  | { readonly at: number; readonly kind: 'check'; readonly node: number };

/** A command of a plan, ready for one device. */
interface Prepared {
  readonly command: Command;
  readonly program: Program;
  /** The fixed words, and the others. */
  readonly words: Uint32Array;
  readonly patches: readonly Patch[];
  /** The buffers of the last replay, and the bind group that they made. */
  readonly buffers: (GPUBuffer | null)[];
  page: object | null;
  bindGroup: GPUBindGroup | null;
}

/** A plan, ready for one device. */
export interface PreparedPlan {
  readonly plan: Plan;
  /** What it is a plan of: one object for all plans of a structure. */
  readonly code: object;
  readonly commands: readonly Prepared[];
  /** What each result remembers of the plan that computed it. */
  readonly makers: readonly Maker[];
}

/** Where a value came from: a result of a plan, as long as that is kept. */
export interface Maker {
  readonly plan: WeakRef<Plan>;
  readonly result: number;
}

/** The values of one replay. */
export interface Replay {
  readonly given: readonly Piece[];
  /** By the number of the result. */
  readonly results: readonly Piece[];
  /** Buffers that hold several results. */
  readonly packs: readonly GPUBuffer[];
  readonly scalars: readonly Node[];
  /** The words of checks, and the word in which the check of a node reports. */
  readonly status: GPUBuffer;
  readonly check: (node: number) => number;
}

/** Compiles what a plan needs. Throws what the compiler of shaders throws. */
export function prepare(plan: Plan, code: object, pipelines: PipelineCache): PreparedPlan {
  const kept = new WeakRef(plan);
  return {
    plan,
    code,
    commands: plan.commands.map((command) => prepareCommand(command, pipelines)),
    makers: plan.results.map((_, result) => ({ plan: kept, result })),
  };
}

function prepareCommand(command: Command, pipelines: PipelineCache): Prepared {
  const { key, source, access, constants, parameters, buffers } = command;
  const words = new Uint32Array(parameters.length);
  const patches: Patch[] = [];
  parameters.forEach((word: Word, at) => {
    if (typeof word === 'number') words[at] = word;
    else if ('float' in word) words[at] = floatBits(word.float);
    else if ('base' in word) {
      const { kind, index, start } = word.base;
      const { plus, per = 1 } = word;
      // Only what is given, or lies in a slot, can begin elsewhere the next time.
      if (kind === 'given' || kind === 'result') patches.push({ at, kind, index, plus, per });
      else words[at] = (start + plus) / per;
    } else if ('scalar' in word) patches.push({ at, kind: 'scalar', scalar: word.scalar, float: word.as === 'f32' });
    else patches.push({ at, kind: 'check', node: word.check });
  });
  return {
    command,
    program: pipelines.get(key, source, access, constants),
    words,
    patches,
    buffers: buffers.map(() => null),
    page: null,
    bindGroup: null,
  };
}

function bufferOf(place: Place, casting: Replay, scratch: readonly GPUBuffer[], slotOf: readonly number[]): GPUBuffer {
  switch (place.kind) {
    case 'given':
      return casting.given[place.index].buffer;
    case 'result':
      return casting.results[place.index].buffer;
    case 'pack':
      return casting.packs[place.index];
    case 'status':
      return casting.status;
    default:
      return scratch[slotOf[place.index]];
  }
}

/** Encodes a plan. */
export function play({ plan, commands }: PreparedPlan, casting: Replay, stream: Stream, pool: BufferPool): void {
  const scratch = plan.slots.map((count) => pool.take(Math.max(count, 1) * 4));
  // By index: this is what a replayed step costs.
  for (let at = 0; at < commands.length; at++) {
    const prepared = commands[at];
    const { command, words, patches, buffers } = prepared;
    let same = prepared.bindGroup !== null;
    for (let index = 0; index < buffers.length; index++) {
      const place = command.buffers[index];
      const buffer = bufferOf(place, casting, scratch, plan.slotOf);
      if (buffers[index] === buffer) continue;
      buffers[index] = buffer;
      same = false;
    }
    const room: Parameters = stream.parameters(words.length);
    const start = room.offset / 4;
    const target = room.page.words;
    target.set(words, start);
    for (let index = 0; index < patches.length; index++) {
      const patch = patches[index];
      if (patch.kind === 'given')
        target[start + patch.at] = (casting.given[patch.index].start + patch.plus) / patch.per;
      else if (patch.kind === 'result')
        target[start + patch.at] = (casting.results[patch.index].start + patch.plus) / patch.per;
      else if (patch.kind === 'check') target[start + patch.at] = casting.check(patch.node);
      else if (patch.kind === 'scalar' && patch.float)
        room.page.floats[start + patch.at] = casting.scalars[patch.scalar].number;
      else if (patch.kind === 'scalar') target[start + patch.at] = casting.scalars[patch.scalar].number;
    }
    if (!same || prepared.page !== room.page) {
      prepared.bindGroup = stream.bindGroup(prepared.program, room, buffers as GPUBuffer[]);
      prepared.page = room.page;
    }
    stream.dispatch(prepared.program, prepared.bindGroup as GPUBindGroup, room.offset, command);
    stream.submitIfFull();
  }
  for (const buffer of scratch) pool.give(buffer);
}
