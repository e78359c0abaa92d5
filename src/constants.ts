// The numbers that torch has as constants. https://pytorch.org/docs/stable/torch.html#constants

/** Euler's number. */
export const e = Math.E;
/** Infinity. */
export const inf = Infinity;
/** Not a number. */
export const nan = NaN;
/** The circumference of a circle of diameter 1. */
export const pi = Math.PI;
