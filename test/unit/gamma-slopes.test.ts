// How gamma and beta variates move with their parameters, against closed forms and differences of cumulative probabilities.
import { expect, test } from 'vitest';
import { betaSlope, gammaSlope } from '../../src/host/gamma-slopes.ts';
import { lgamma } from '../../src/host/special.ts';
import { igamma } from '../../src/host/special-gamma.ts';

test.each([0.05, 0.7, 3, 40, 2000])(
  'gammaSlope at shape %d: minus the slope of P for the shape over the density',
  (a) => {
    for (const z of [-1.5, -0.2, 0.4, 2]) {
      // A value about z deviations from the mean (Wilson and Hilferty).
      const x = a * Math.max(1 - 1 / (9 * a) + z / Math.sqrt(9 * a), 0.05) ** 3;
      const step = 1e-4 * a;
      const slope = (igamma(a + step, x) - igamma(a - step, x)) / (2 * step);
      const density = Math.exp((a - 1) * Math.log(x) - x - lgamma(a));
      expect(gammaSlope(a, x) / (-slope / density)).toBeCloseTo(1, 4);
    }
  },
);

test('gammaSlope of large shapes goes over into the normal approximation', () => {
  for (const z of [-3, 0, 2]) {
    const slopes = [0.999e5, 1.001e5].map((a) => gammaSlope(a, a + z * Math.sqrt(a)));
    expect(slopes[0]).toBeCloseTo(slopes[1], 4);
  }
});

test('betaSlope of (a, 1), whose variates are u^(1 / a)', () => {
  for (const a of [0.1, 0.9, 2, 30]) {
    for (const x of [1e-3, 0.2, 0.7, 0.99]) {
      expect(betaSlope(a, 1, x) / ((-x * Math.log(x)) / a / (1 - x))).toBeCloseTo(1, 9);
    }
  }
});
