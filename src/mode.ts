// What runs now: whether operations are recorded on the tape, and whether the library's own code is running. Knows no tensor.

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
