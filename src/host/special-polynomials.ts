// Orthogonal polynomials of float64 by their recurrence, with PyTorch's reading of a degree. Knows nothing of tensors.

/**
 * A family: p(0) = 1, p(1) = `first`, and (1 + h k) p(k + 1) = ((slope + slopeRise k) x + shift + shiftRise k) p(k) -
 * (drop + dropRise k) p(k - 1).
 */
export interface Family {
  readonly first: (x: number) => number;
  readonly slope: readonly [start: number, rise: number];
  readonly shift: readonly [start: number, rise: number];
  readonly drop: readonly [start: number, rise: number];
  readonly h: 0 | 1;
}

/** As many steps a recurrence takes at most: on the GPU a kernel must end. */
const LONGEST = 65536;

/** n towards zero; -1 for what is no degree: negative, NaN, or 2^31 and above. */
function degreeOf(n: number): number {
  return n > -1 && n < 2 ** 31 ? Math.trunc(n) : -1;
}

/** The polynomial of degree n at x; 0 for a degree below 0. */
export function polynomial({ first, slope, shift, drop, h }: Family, x: number, n: number): number {
  const degree = degreeOf(n);
  if (degree < 1) return degree < 0 ? 0 : 1;
  let before = 1;
  let value = first(x);
  for (let k = 1; k < Math.min(degree, LONGEST) && !Number.isNaN(value); k++) {
    const factor = (slope[0] + slope[1] * k) * x + shift[0] + shift[1] * k;
    const next = (factor * value - (drop[0] + drop[1] * k) * before) / (1 + h * k);
    before = value;
    value = next;
  }
  return value;
}

const doubling = { slope: [2, 0], shift: [0, 0], drop: [1, 0], h: 0 } as const;

/** Chebyshev's four kinds, as a recurrence and by the angle t = acos x, which inside (-1, 1) takes one step for any degree. */
const chebyshevKinds = {
  T: { first: (x: number) => x, byAngle: (n: number, t: number) => Math.cos(n * t) },
  U: { first: (x: number) => 2 * x, byAngle: (n: number, t: number) => Math.sin((n + 1) * t) / Math.sin(t) },
  V: { first: (x: number) => 2 * x - 1, byAngle: (n: number, t: number) => Math.cos((n + 0.5) * t) / Math.cos(t / 2) },
  W: { first: (x: number) => 2 * x + 1, byAngle: (n: number, t: number) => Math.sin((n + 0.5) * t) / Math.sin(t / 2) },
} as const;

/** Chebyshev's polynomial of a kind. */
export function chebyshev(kind: keyof typeof chebyshevKinds, x: number, n: number): number {
  const { first, byAngle } = chebyshevKinds[kind];
  const degree = degreeOf(n);
  if (degree > 8 && Math.abs(x) < 1) return byAngle(degree, Math.acos(x));
  return polynomial({ ...doubling, first }, x, n);
}

/** Hermite's polynomials of the physicists. */
export const hermiteH: Family = { first: (x) => 2 * x, slope: [2, 0], shift: [0, 0], drop: [0, 2], h: 0 };
/** Hermite's polynomials of the probabilists. */
export const hermiteHe: Family = { first: (x) => x, slope: [1, 0], shift: [0, 0], drop: [0, 1], h: 0 };
export const laguerreL: Family = { first: (x) => 1 - x, slope: [-1, 0], shift: [1, 2], drop: [0, 1], h: 1 };
export const legendreP: Family = { first: (x) => x, slope: [1, 2], shift: [0, 0], drop: [0, 1], h: 1 };
