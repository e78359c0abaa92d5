// What runs now: whether operations are recorded on the tape, whether the library's own code is running, and who is told of it.
// Knows no tensor.

let gradEnabled = true;
/** How many operations of the library are running inside each other: their intermediate values are nobody else's. */
let running = 0;

/** Whether operations are recorded on the tape now. */
export function isGradEnabled(): boolean {
  return gradEnabled;
}

/** Switches recording and returns the switch's former position. */
export function switchGrad(enabled: boolean): boolean {
  const before = gradEnabled;
  gradEnabled = enabled;
  return before;
}

/** Whether an operation of the library is running: what is made then is its own, unless it is shown to the user's code. */
export function isInOperation(): boolean {
  return running > 0;
}

/** Marks the begin of an operation; returns what `leaveOperation` needs. */
export function enterOperation(): number {
  return running++;
}

/** Ends an operation; whether the user's code runs again. */
export function leaveOperation(before: number): boolean {
  running = before;
  return before === 0;
}

/** Runs `body` as part of an operation. */
export function asOperation<R>(body: () => R): R {
  const before = running++;
  try {
    return body();
  } finally {
    running = before;
  }
}

/** Runs code of the user's that an operation calls. */
export function asUser<R>(body: () => R): R {
  const before = running;
  running = 0;
  try {
    return body();
  } finally {
    running = before;
  }
}

/** Who is told what the program does, while somebody looks for mistakes in it (anomaly.ts). */
export interface Watcher {
  /** An operation of the user's ended. */
  operation(op: string, values: readonly unknown[], result: unknown): void;
  /** Gradient `index` of a step of the tape was computed. */
  gradient(step: { name(): string; readonly trace: Error | null }, index: number, grad: unknown): void;
  /** A rule of the tape threw. */
  failure(step: { name(): string; readonly trace: Error | null }, error: unknown): unknown;
  /** Where the program is now. */
  trace(): Error;
}

let watcher: Watcher | null = null;

/** Who is told; null nearly always, and then nobody pays for it. */
export function currentWatcher(): Watcher | null {
  return watcher;
}

/** Sets who is told and returns who was. */
export function switchWatcher(next: Watcher | null): Watcher | null {
  const before = watcher;
  watcher = next;
  return before;
}
