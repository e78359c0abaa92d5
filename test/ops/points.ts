// Rows of pointwise formulas beyond the elementary ones: parts of floats, blends, integers, special functions.
import * as wgrad from '../../src/index.ts';
import { binary, bitwise, unary } from './pointwise.ts';
import { bits, real, type Row, whole } from './table.ts';

const { special } = wgrad;
const flat = { gradient: 'none' } as const;
const counted = { integers: [0, 6], bool: true } as const;

const floatRows: readonly Row[] = [
  binary('copysign', wgrad.copysign, [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('heaviside', wgrad.heaviside, [-1, 1], [-3, 3], { ...flat, integers: [-1, 1], bool: true }),
  unary('signbit', wgrad.signbit, [-3, 3], { ...flat, integers: [-6, 6], bool: true }),
  unary('isposinf', wgrad.isposinf, [-3, 3], { ...flat, integers: [-6, 6], bool: true }),
  unary('isneginf', wgrad.isneginf, [-3, 3], { ...flat, integers: [-6, 6], bool: true }),
  unary('isreal', wgrad.isreal, [-3, 3], { ...flat, integers: [-6, 6], bool: true }),
  unary('angle', wgrad.angle, [-3, 3], { integers: [-6, 6] }),
  unary('deg2rad', wgrad.deg2rad, [-360, 360], { integers: [-90, 90] }),
  unary('rad2deg', wgrad.rad2deg, [-7, 7], { integers: [-6, 6] }),
  unary('sinc', wgrad.sinc, [-3, 3], { integers: [-2, 2], absolute: 2e-6 }),
  unary('logit', (x) => wgrad.logit(x), [0.02, 0.98], counted),
  unary('nanToNum', (x) => wgrad.nanToNum(x), [-3, 3], { integers: [-6, 6] }),
  {
    name: 'frexp',
    gradient: 'all',
    calls: [1, 33, 65].map((size) => ({ inputs: [real([size], -9, 9)], run: (x) => [...wgrad.frexp(x)] })),
  },
];

const blendRows: readonly Row[] = [
  binary('fmax', wgrad.fmax, [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('fmin', wgrad.fmin, [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('clampMin', wgrad.clampMin, [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('clampMax', wgrad.clampMax, [-3, 3], [-3, 3], { integers: [-6, 6] }),
  binary('logaddexp', wgrad.logaddexp, [-9, 9], [-9, 9]),
  binary('logaddexp2', wgrad.logaddexp2, [-9, 9], [-9, 9]),
  binary('xlogy', wgrad.xlogy, [-3, 3], [0.1, 5], { integers: [1, 6] }),
  binary('special.xlog1py', special.xlog1py, [-3, 3], [-0.9, 5], { integers: [1, 6] }),
  binary('ldexp', wgrad.ldexp, [-3, 3], [-5, 5], { integers: [-4, 6] }),
  binary('floatPower', wgrad.floatPower, [0.3, 3], [-2, 3], { integers: [0, 4] }),
  {
    name: 'lerp',
    gradient: 'all',
    calls: [
      { inputs: [real([65]), real([65])], run: (x, y) => wgrad.lerp(x, y, 0.3) },
      { inputs: [real([5, 7]), real([7, 5]), real([5, 1])], run: (x, y, w) => wgrad.lerp(x, y.t(), w) },
    ],
  },
  {
    name: 'addcmul',
    gradient: 'all',
    calls: [
      { inputs: [real([65]), real([65]), real([65])], run: (x, y, z) => wgrad.addcmul(x, y, z, { value: 0.5 }) },
      { inputs: [whole([33]), whole([33]), whole([33])], run: (x, y, z) => wgrad.addcmul(x, y, z, 3) },
    ],
  },
  {
    name: 'addcdiv',
    gradient: 'all',
    calls: [
      {
        inputs: [real([5, 7]), real([7, 5]), real([1, 7], 0.5, 2)],
        run: (x, y, z) => wgrad.addcdiv(x, y.t(), z, { value: -1.5 }),
      },
    ],
  },
];

const integerRows: readonly Row[] = [
  bitwise('gcd', wgrad.gcd, false),
  bitwise('lcm', wgrad.lcm, false),
  ...[wgrad.bitwiseLeftShift, wgrad.bitwiseRightShift].map((shift): Row => ({
    name: shift.name,
    gradient: 'none',
    calls: [
      { inputs: [whole([257], -999, 999), whole([257], -3, 40)], run: (x, y) => shift(x, y) },
      {
        inputs: [whole([65], 0, 255, 'uint8'), whole([65], 0, 12, 'uint8')],
        run: (x, y) => shift(x, y),
      },
    ],
  })),
  ...[wgrad.char, wgrad.short].map((narrow): Row => ({
    name: narrow.name,
    gradient: 'none',
    calls: [
      { inputs: [real([65], -70000, 70000)], run: (x) => narrow(x) },
      { inputs: [whole([65], -70000, 70000)], run: (x) => narrow(x) },
      { inputs: [bits([5])], run: (x) => narrow(x) },
    ],
  })),
];

const near = { relative: 2e-5, absolute: 2e-6 } as const;

const specialRows: readonly Row[] = [
  unary('special.entr', special.entr, [0.1, 5], counted),
  unary('special.erfcx', special.erfcx, [-2, 20], { integers: [-4, 6], ...near }),
  unary('special.ndtr', special.ndtr, [-5, 5], { integers: [-4, 6] }),
  unary('special.logNdtr', special.logNdtr, [-30, 5], { integers: [-4, 6] }),
  unary('special.ndtri', special.ndtri, [0, 1], { integers: [0, 1], ...near }),
  unary('i0', wgrad.i0, [-20, 20], { integers: [-4, 6], ...near }),
  unary('special.i1', special.i1, [-20, 20], { integers: [-4, 6], ...near }),
  unary('special.i0e', special.i0e, [-90, 90], { integers: [-4, 6] }),
  unary('special.i1e', special.i1e, [-90, 90], { integers: [-4, 6] }),
  unary('special.besselJ0', special.besselJ0, [-40, 40], { integers: [-4, 6], ...near }),
  unary('special.besselJ1', special.besselJ1, [-40, 40], { integers: [-4, 6], ...near }),
  unary('special.besselY0', special.besselY0, [0.01, 40], { integers: [1, 6], ...near }),
  unary('special.besselY1', special.besselY1, [0.01, 40], { integers: [1, 6], ...near }),
  unary('special.modifiedBesselI0', special.modifiedBesselI0, [-20, 20], near),
  unary('special.modifiedBesselI1', special.modifiedBesselI1, [-20, 20], near),
  unary('special.modifiedBesselK0', special.modifiedBesselK0, [0.01, 30], near),
  unary('special.modifiedBesselK1', special.modifiedBesselK1, [0.01, 30], near),
  unary('special.scaledModifiedBesselK0', special.scaledModifiedBesselK0, [0.01, 30], near),
  unary('special.scaledModifiedBesselK1', special.scaledModifiedBesselK1, [0.01, 30], near),
  unary('special.sphericalBesselJ0', special.sphericalBesselJ0, [-20, 20], near),
  unary('special.airyAi', special.airyAi, [-30, 12], { ...flat, absolute: 1e-5 }),
  unary('polygamma', (x) => wgrad.polygamma(1, x), [0.2, 20], near),
  unary('polygamma', (x) => wgrad.polygamma(3, x), [-5.9, -5.1], { relative: 1e-4 }),
  unary('mvlgamma', (x) => wgrad.mvlgamma(x, 3), [1.1, 20], near),
  binary('special.zeta', special.zeta, [1.1, 12], [0.1, 30], { ...flat, ...near }),
  binary('igamma', wgrad.igamma, [0.1, 12], [0.1, 20], { ...flat, ...near }),
  binary('igammac', wgrad.igammac, [0.1, 12], [0.1, 20], { ...flat, ...near }),
  binary('igamma', wgrad.igamma, [100, 1000], [100, 1000], { ...flat, relative: 1e-4, absolute: 1e-6 }),
];

const familyRows = (
  [
    ['chebyshevPolynomialT', -1.2, 1.2],
    ['chebyshevPolynomialU', -1.2, 1.2],
    ['chebyshevPolynomialV', -1.2, 1.2],
    ['chebyshevPolynomialW', -1.2, 1.2],
    ['shiftedChebyshevPolynomialT', -0.1, 1.1],
    ['shiftedChebyshevPolynomialU', -0.1, 1.1],
    ['shiftedChebyshevPolynomialV', -0.1, 1.1],
    ['shiftedChebyshevPolynomialW', -0.1, 1.1],
    ['hermitePolynomialH', -2, 2],
    ['hermitePolynomialHe', -2, 2],
    ['laguerrePolynomialL', -2, 4],
    ['legendrePolynomialP', -1.2, 1.2],
  ] as const
).map(([name, low, high]): Row => {
  // Rounding grows with the degree where terms cancel, in proportion to the largest polynomials of the row.
  const absolute = name.startsWith('hermite') ? 2e-2 : 2e-4;
  return binary(`special.${name}`, special[name], [low, high], [-2, 8], { ...flat, relative: 1e-4, absolute });
});

export const pointRows: readonly Row[] = [...floatRows, ...blendRows, ...integerRows, ...specialRows, ...familyRows];
