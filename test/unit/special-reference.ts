// Float64 references of the arithmetic that PyTorch rounds or signs in its own way: what the WGSL prelude and the CPU device
// are held against. Plain on purpose.

/** x^y by C99's rules, which are PyTorch's: JavaScript makes 1^NaN, 1^inf and (-1)^inf NaN. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

/** Half to even; the sign of zero is the argument's. */
export function roundHalfEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const down = Math.floor(x);
  const fraction = x - down;
  const up = fraction > 0.5 || (fraction === 0.5 && down % 2 !== 0);
  const rounded = Math.abs(up ? down + 1 : down);
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** fmod moved to the sign of the divisor (torch.remainder); the sum is rounded to f32 as on a device. */
export function remainder(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? Math.fround(rest + y) : rest;
}

/** torch.floor_divide in f32: the quotient without its remainder, one less where the remainder has the other sign. */
export function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  const rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  const negative = (x < 0 || Object.is(x, -0)) !== (y < 0 || Object.is(y, -0));
  if (quotient === 0) return negative ? -0 : 0;
  return roundHalfEven(quotient);
}
