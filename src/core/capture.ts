// What `compile` takes down while a function runs: the flushes on the device, and the effects in JavaScript that belong to
// them. Knows no tensor; the places where such things happen report here, and pay nothing when nobody listens.

/** Something that a replay does again, in order: of a flush the device and its recording, as graph.ts knows them. */
export type CaptureEvent =
  | { readonly kind: 'effect'; readonly run: () => void }
  | { readonly kind: 'flush'; readonly device: object; readonly recording: object };

/** What may hold a gradient: a leaf as `backward` and `zeroGrad` see it. */
export interface Receiver {
  grad: object | null;
}

/** One run of a function, taken down. */
export class Capture {
  readonly events: CaptureEvent[] = [];
  /** What must be true for a replay to stand for the function. */
  readonly guards: (() => boolean)[] = [];
  /** Leaves whose gradient the function wrote. */
  readonly receivers = new Set<Receiver>();
  /** Why the run cannot be replayed; null if it can. */
  refusal: string | null = null;
}

let current: Capture | null = null;

/** Runs `body` under a capture. */
export function withCapture<R>(capture: Capture, body: () => R): R {
  const before = current;
  current = capture;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** A change in JavaScript that each replay makes again: a count of steps, a draw from a generator. */
export function effect(run: () => void): void {
  run();
  current?.events.push({ kind: 'effect', run });
}

/** A flush that just ran; `recording` is null where the device cannot run it again. */
export function captureFlush(device: object, recording: object | null): void {
  if (current === null) return;
  if (recording === null) current.refusal ??= 'the device cannot replay this work';
  else current.events.push({ kind: 'flush', device, recording });
}

/** Names something that a replay cannot stand for. */
export function refuse(fact: string): void {
  if (current !== null) current.refusal ??= fact;
}

/** A value that the function depends on besides its arguments: while it changes, the function runs anew. */
export function watch<V>(read: () => V): void {
  if (current === null) return;
  const value = read();
  current.guards.push(() => read() === value);
}

/** A leaf whose gradient the function uses: unless it makes the gradient itself, another one is another program. */
export function watchGradient(receiver: Receiver): void {
  if (current !== null && !current.receivers.has(receiver)) watch(() => receiver.grad);
}

/** A leaf whose gradient is about to be set or cleared. `adds`: what is there before counts. */
export function captureGradient(receiver: Receiver, adds: boolean): void {
  if (current === null) return;
  if (adds && !current.receivers.has(receiver)) {
    const before = receiver.grad !== null;
    current.guards.push(() => (receiver.grad !== null) === before);
  }
  current.receivers.add(receiver);
}
