// autograd.detectAnomaly: finds the operation, forward or backward, whose result is the first with NaN, and the user's line.
// While it is on, every result gets a flag on its device ("there is a NaN"), and the next awaited read looks at the flags.

import { isFloat, type TypedArray } from '../dtype.ts';
import { AnomalyError, AutogradError } from '../errors.ts';
import type { Device, Node } from '../core/graph.ts';
import { asOperation, currentWatcher, switchGrad, switchWatcher, type Watcher } from '../core/mode.ts';
import { cat } from '../ops/join.ts';
import { isnan } from '../ops/math.ts';
import { any } from '../ops/reduce.ts';
import { reshape } from '../ops/view.ts';
import { formatShape } from '../shape.ts';
import { bind, define, optional, p, type Values } from '../core/signature.ts';
import { show, Tensor } from '../core/tensor.ts';

/** One value to look at, and what to say if NaN began there. */
interface Check {
  readonly flag: Tensor;
  /** What it was computed from; null for data, where NaN is no operation's. */
  readonly inputs: readonly Check[] | null;
  readonly error: () => AnomalyError;
  /** Whether it holds NaN, once a read told. */
  holds: boolean;
}

/** What was recorded since the last read, in program order, by device. */
const pending = new Map<Device, Check[]>();
/** The values that have a flag. */
let flagged = new WeakMap<Node, Check>();

/** Whether `x` holds a NaN, as a bool of one element that stays until it is read. */
function flagOf(x: Tensor): Tensor {
  const before = switchGrad(false);
  try {
    const flag = asOperation(() => reshape(any(isnan(Tensor.at(x.node, null))), 1));
    show(flag);
    return flag;
  } finally {
    switchGrad(before);
  }
}

/** The check of a value; undefined for what cannot hold NaN. */
function checkFor(x: Tensor, inputs: readonly Check[] | null, error: () => AnomalyError): Check | undefined {
  const { node } = x;
  if (!isFloat(x.dtype) || x.numel() === 0) return undefined;
  const known = flagged.get(node);
  if (known !== undefined) return known;
  // What is done to look at values is nobody's to look at.
  const watching = switchWatcher(null);
  try {
    const check: Check = { flag: flagOf(x), inputs, error, holds: false };
    flagged.set(node, check);
    const checks = pending.get(x.device);
    if (checks === undefined) pending.set(x.device, [check]);
    else checks.push(check);
    return check;
  } finally {
    switchWatcher(watching);
  }
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (typeof value !== 'object' || value === null || value instanceof Promise) return [];
  return Object.getPrototypeOf(value) === Object.prototype ? Object.values(value).flatMap(tensorsIn) : [];
}

/** The folder of the library, where no line is the user's: that of this file's, or in a bundle of the bundle. */
const home = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1).replace(/autograd\/$/, '');

/** The lines of a stack without those of the library; all of it where one bundle holds both. */
function userLines(trace: Error | null): string[] {
  const lines = (trace?.stack ?? '').split('\n').filter((line) => /:\d+:\d+\)?$/.test(line));
  const outside = lines.filter((line) => !line.includes(home) && !line.includes(home.replace(/^file:\/\//, '')));
  return (outside.length > 0 ? outside : lines).map((line) => line.trim());
}

function anomaly(op: string, fact: string, rule: string, trace: Error | null): AnomalyError {
  const lines = userLines(trace);
  const line = lines[0] ?? '';
  const cure = line === '' ? undefined : `It was called ${line}.`;
  return new AnomalyError({ op, fact, rule, cure, line, trace: lines.join('\n') });
}

function takeTrace(): Error {
  const holder = Error as { stackTraceLimit?: number };
  const before = holder.stackTraceLimit;
  holder.stackTraceLimit = 50;
  const trace = new Error('recorded here');
  holder.stackTraceLimit = before;
  return trace;
}

const watcher: Watcher = {
  operation(op, values, result) {
    const trace = takeTrace();
    const results = tensorsIn(result);
    const made = new Set(results.map(({ node }) => node));
    const inputs = values.flatMap(tensorsIn).filter(({ node }) => !made.has(node));
    const checks = inputs.map((input) => {
      const fact = `an input ${formatShape(input.shape)} holds NaN already`;
      const rule = 'no operation before made it: it came with the data, or with the step of an optimizer';
      return checkFor(input, null, () => anomaly(op, fact, rule, trace));
    });
    for (const one of results) {
      const isData = inputs.length === 0 && one.node.root.op.kind === 'leaf';
      const fact = `the ${isData ? 'data' : 'result'} ${formatShape(one.shape)} is the first value with NaN`;
      const rule = isData ? 'no operation made it' : 'no input of the operation holds one';
      const known = isData ? null : checks.filter((check) => check !== undefined);
      checkFor(one, known, () => anomaly(op, fact, rule, trace));
    }
  },
  gradient(step, index, grad) {
    if (!(grad instanceof Tensor)) return;
    const fact = `the gradient ${formatShape(grad.shape)} of input ${index} is the first value with NaN`;
    checkFor(grad, [], () => anomaly(step.name(), fact, 'the gradients before it hold none', step.trace));
  },
  failure(step, error) {
    const line = userLines(step.trace)[0];
    if (line === undefined) return error;
    const said = error instanceof Error ? error.message : String(error);
    return new AutogradError({ op: step.name(), fact: said, rule: `its forward was called ${line}` }, { cause: error });
  },
  trace: takeTrace,
};

/** As `watcher`, but only to say where a step was recorded whose rule throws. */
const tracer: Watcher = { ...watcher, operation: () => undefined, gradient: () => undefined };

/** The flags of a device, to be read with the next values. */
export interface Checks {
  readonly found: Node;
  /**
   * Throws for the first value that holds NaN and was computed from values that hold none; where all NaN came with the data,
   * only if it arrived in what is read.
   */
  judge(found: TypedArray, read: TypedArray): void;
}

/** The checks that nobody has looked at yet, or null: the next read takes them. */
export function takeChecks(device: Device): Checks | null {
  const checks = pending.get(device);
  if (checks === undefined || checks.length === 0) return null;
  pending.delete(device);
  const watching = switchWatcher(null);
  try {
    const found = asOperation(() => (checks.length === 1 ? checks[0].flag : cat(checks.map(({ flag }) => flag))));
    const judge = (values: TypedArray, read: TypedArray): void => {
      checks.forEach((check, at) => (check.holds = values[at] !== 0));
      const holding = checks.filter(({ holds }) => holds);
      const made = holding.find(({ inputs }) => inputs !== null && !inputs.some(({ holds }) => holds));
      const first = made ?? (read.some(Number.isNaN) ? holding[0] : undefined);
      if (first !== undefined) throw first.error();
    };
    return { found: found.node, judge };
  } finally {
    switchWatcher(watching);
  }
}

const checkNanParam = optional(p.bool('checkNan'), true);
const blockSignature = [
  p.custom<() => unknown>()('fn', 'a function', (value) => typeof value === 'function'),
  checkNanParam,
] as const;

function watch(next: Watcher | null): Watcher | null {
  if (next === null) flagged = new WeakMap();
  return switchWatcher(next);
}

/**
 * Looks for NaN in everything that `fn` computes, forward and backward, and returns what `fn` returns. The next awaited read
 * rejects with an AnomalyError that names the operation whose result is the first with NaN, and the line that called it. `fn`
 * may be async: the mode stays on until it ends. Slow, for finding mistakes only; with `checkNan` false it only says where the
 * forward of a failing backward was called. https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
export function detectAnomaly<R>(fn: () => R, options: boolean | { readonly checkNan?: boolean } = {}): R {
  const [, checkNan] = bind('detectAnomaly', blockSignature, [fn, options]) as Values<typeof blockSignature>;
  const before = watch(checkNan ? watcher : tracer);
  let later = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      later = true;
      return result.finally(() => watch(before)) as R;
    }
    return result;
  } finally {
    if (!later) watch(before);
  }
}

/** Switches the search of `detectAnomaly` on or off for the whole program. https://pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly */
export const setDetectAnomaly = define(
  'setDetectAnomaly',
  [p.bool('mode'), checkNanParam],
  (mode, checkNan): void => void watch(mode ? (checkNan ? watcher : tracer) : null),
);

/** Whether operations are looked at. https://pytorch.org/docs/stable/generated/torch.is_anomaly_enabled.html */
export function isAnomalyEnabled(): boolean {
  return currentWatcher() !== null;
}
