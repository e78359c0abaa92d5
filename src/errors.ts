// The named errors of wgrad and the one form of their messages: `[op] fact: rule. Cure.`
// Knows nothing of tensors; whoever throws brings the facts. Names stand on the prototypes as text: a bundler that shortens
// the names of classes does not reach them, and stacks begin with them.

/** What an error says: the fact (with shapes), the rule it breaks, and what to do about it. */
export interface ErrorParts {
  /** What the user called, as the user writes it: `matmul`, `nn.Linear`, `data.readCsv`. */
  readonly op: string;
  /** What was found, with both shapes or values. */
  readonly fact: string;
  /** The rule that the fact breaks. */
  readonly rule?: string;
  /** What to write instead. */
  readonly cure?: string;
}

/** The root of all errors that wgrad throws on purpose. */
export class WgradError extends Error {
  static {
    this.prototype.name = 'WgradError';
  }
  readonly op: string;
  readonly fact: string;
  readonly rule: string | undefined;
  readonly cure: string | undefined;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    const rule = parts.rule === undefined ? '' : `: ${parts.rule}`;
    const cure = parts.cure === undefined ? '' : ` ${parts.cure}`;
    const body = `${parts.fact}${rule}`;
    super(`[${parts.op}] ${body}${/[.?!]$/.test(body) ? '' : '.'}${cure}`, options);
    this.op = parts.op;
    this.fact = parts.fact;
    this.rule = parts.rule;
    this.cure = parts.cure;
  }
}

/** Shapes that do not fit each other, or a shape that an operation cannot take. */
export class ShapeError extends WgradError {
  static {
    this.prototype.name = 'ShapeError';
  }
}

/** A dtype that an operation cannot take, or that the device does not have. */
export class DTypeError extends WgradError {
  static {
    this.prototype.name = 'DTypeError';
  }
}

/** A dimension or an index outside its range. */
export class IndexError extends WgradError {
  static {
    this.prototype.name = 'IndexError';
  }
}

/** An argument of the wrong kind, an unknown option, a value outside its domain. */
export class ArgumentError extends WgradError {
  static {
    this.prototype.name = 'ArgumentError';
  }
}

/** A breach of autograd's rules: backward of a non-scalar, writing a leaf, a freed graph. */
export class AutogradError extends WgradError {
  static {
    this.prototype.name = 'AutogradError';
  }
}

/** `autograd.detectAnomaly` found the first NaN; `trace` is where the operation that made it was called. */
export class AnomalyError extends WgradError {
  static {
    this.prototype.name = 'AnomalyError';
  }
  /** The user's line: `at step (train.ts:12:5)`; empty where the platform keeps no stacks. */
  readonly line: string;
  readonly trace: string;

  constructor(parts: ErrorParts & { readonly line: string; readonly trace: string }) {
    super(parts);
    this.line = parts.line;
    this.trace = parts.trace;
  }
}

/** A device that is missing, or operands that live on different devices. */
export class DeviceError extends WgradError {
  static {
    this.prototype.name = 'DeviceError';
  }
}

/** The GPU was lost while results were outstanding. The next use gets a new device. */
export class DeviceLostError extends WgradError {
  static {
    this.prototype.name = 'DeviceLostError';
  }
}

/** A submitted piece of GPU work failed; every value that depends on it rejects with this. */
export class KernelError extends WgradError {
  static {
    this.prototype.name = 'KernelError';
  }
}

/** A value that was let go: an intermediate first asked for after its inputs were overwritten. */
export class StaleTensorError extends WgradError {
  static {
    this.prototype.name = 'StaleTensorError';
  }
}

/** A tensor whose handle was ended by `dispose()`. */
export class DisposedError extends WgradError {
  static {
    this.prototype.name = 'DisposedError';
  }
}

/** An operation that this device does not have. */
export class NotImplementedError extends WgradError {
  static {
    this.prototype.name = 'NotImplementedError';
  }
}

/** A function that `compile` cannot capture. */
export class CompileError extends WgradError {
  static {
    this.prototype.name = 'CompileError';
  }
}

/** Work was recorded without end and without a read: most often a comparison used as a condition. */
export class RunawayGraphError extends WgradError {
  static {
    this.prototype.name = 'RunawayGraphError';
  }
}

/** A matrix that is singular, or not positive definite, where it must not be. */
export class LinAlgError extends WgradError {
  static {
    this.prototype.name = 'LinAlgError';
  }
}

/** Text that cannot be read, with the line it fails on. */
export class ParseError extends WgradError {
  static {
    this.prototype.name = 'ParseError';
  }
  /** 1-based line of the text. */
  readonly line: number;

  constructor(parts: ErrorParts & { readonly line: number }) {
    super(parts);
    this.line = parts.line;
  }
}
