// Hurwitz's zeta function, polygamma and the regularised incomplete gamma functions. The header of bits.wgsl says
// how this folder is cut and used. Numbers in brackets are sections of the Digital Library of Mathematical
// Functions.

// The sum of (q + k)^-s over k >= 0 for s > 1 and q > 0: up to 10 terms, then Euler and Maclaurin's formula (25.11.5)
// with B2 / 2! = 1 / 12, B4 / 4! = -1 / 720, B6 / 6! = 1 / 30240.
fn wg_zeta_positive(s: f32, q: f32) -> f32 {
  var sum = 0.0;
  var at = q;
  for (var turn = 0u; turn < 10u; turn++) {
    if (at < 10.0) {
      sum = sum + wg_pow(at, -s);
      at = at + 1.0;
    }
  }
  let power = wg_pow(at, -s);
  let r = 1.0 / (at * at);
  let second = (s + 1.0) * (s + 2.0) * r;
  let fourth = second * (s + 3.0) * (s + 4.0) * r;
  let factor = s / at * (0.0833333333 + second * -0.00138888889 + fourth * 3.30687831e-5);
  let tail = wg_choose_bits(power * (0.5 + factor), 0u, (bitcast<u32>(power) & wg_magnitude_bits) == 0u);
  return sum + (wg_pow(at, 1.0 - s) / (s - 1.0) + tail);
}

// Infinite for s = 1 and at q = 0, -1, ..; NaN for s < 1, for q = inf, and for a broken power of q < 0. The terms
// left of 0 are those right of it, mirrored: q = ceil(q) + rest.
fn wg_zeta(s: f32, q: f32) -> f32 {
  let q_bits = bitcast<u32>(q);
  let negative = q_bits >= wg_sign_bit;
  let rest = q - ceil(q);
  let kind = wg_integer_kind(s);
  var y = wg_zeta_positive(s, select(q, 1.0 + rest, negative));
  if (negative) {
    let mirrored = wg_zeta_positive(s, -rest) - wg_zeta_positive(s, 1.0 - q);
    y = y + select(mirrored, -mirrored, kind == 1u);
  }
  // An infinite s leaves the first term: 1 at q = 1, 0 above.
  let first = select(select(wg_infinity_bits, 0u, q > 1.0), 0x3f800000u, q == 1.0);
  y = wg_choose_bits(y, first, bitcast<u32>(s) == wg_infinity_bits);
  let broken = wg_is_nan(s) | wg_is_nan(q) | (q_bits == wg_infinity_bits) | (negative & (kind == 0u));
  y = wg_choose_bits(y, wg_nan_bits, broken);
  let pole = ((q_bits & wg_magnitude_bits) == 0u) | (negative & !wg_is_nan(q) & (wg_integer_kind(q) != 0u));
  y = wg_choose_bits(y, wg_infinity_bits, pole);
  y = wg_choose_bits(y, wg_nan_bits, wg_lt(s, 1.0));
  return wg_choose_bits(y, wg_infinity_bits, bitcast<u32>(s) == 0x3f800000u);
}

// The derivative of order n of digamma: (-1)^(n + 1) n! zeta(n + 1, x) (25.11.12); n! is infinite from 35 on.
fn wg_polygamma(x: f32, n: f32) -> f32 {
  if (n == 0.0) {
    return wg_digamma(x);
  }
  var factorial = 1.0;
  for (var k = 2.0; k <= min(n, 35.0); k += 1.0) {
    factorial = factorial * k;
  }
  let bits = bitcast<u32>(x);
  let sign = select(wg_sign_bit, 0u, wg_integer_kind(n) == 1u);
  let zeta = wg_choose_bits(wg_zeta(n + 1.0, x), 0u, (bits == wg_infinity_bits) & (n == 1.0));
  let y = bitcast<f32>(bitcast<u32>(factorial * zeta) ^ sign);
  let infinite = wg_choose_bits(y, sign | wg_infinity_bits, wg_is_inf(zeta));
  return wg_choose_bits(infinite, wg_nan_bits, wg_is_nan(zeta) | ((n == 1.0) & (bits == 0xff800000u)));
}

// log(1 + m) - m for m > -1, without cancelling near 0: with s = m / (2 + m) it is -m s + 2 s^3 (1 / 3 + s^2 / 5 + ..).
fn wg_log1p_gap(m: f32) -> f32 {
  let s = m / (2.0 + m);
  let near = 2.0 * s * s * s * wg_atanh_tail(s * s) - m * s;
  return select(wg_log1p(m) - m, near, (m > -0.29) & (m < 0.41));
}

// x^a e^-x / gamma(a + 1): from a = 4 on by Stirling's series, where the exponents of the three factors have cancelled.
fn wg_igamma_factor(a: f32, x: f32) -> f32 {
  let r = 1.0 / max(a, 4.0);
  let t = r * r;
  let series = r * (((-0.000595238095 * t + 0.000793650794) * t - 0.00277777778) * t + 0.0833333333);
  let large = 0.398942280 * wg_exp(a * wg_log1p_gap((x - a) / a) - series) / sqrt(max(a, 4.0));
  return select(large, wg_exp(a * wg_log(x) - x - wg_lgamma_positive(a + 1.0)), a < 4.0);
}

// The lower function for x below a + 1, by x^n / ((a + 1) .. (a + n)) (8.7.1); and the upper one for x above it, by the
// continued fraction (8.9.2) in Lentz's form. Both end within 250 turns for a <= 200.
fn wg_igamma_series(a: f32, x: f32) -> f32 {
  var term = 1.0;
  var sum = 1.0;
  for (var n = 1u; n < 250u; n++) {
    term = term * x / (a + f32(n));
    sum = sum + term;
    if (term < sum * 1.0e-8) {
      break;
    }
  }
  return sum * wg_igamma_factor(a, x);
}

fn wg_igamma_fraction(a: f32, x: f32) -> f32 {
  var b = x + 1.0 - a;
  var c = 1.0e30;
  var d = 1.0 / b;
  var value = d;
  for (var n = 1u; n < 250u; n++) {
    let numerator = f32(n) * (a - f32(n));
    b = b + 2.0;
    d = 1.0 / (b + numerator * d);
    c = b + numerator / c;
    let change = c * d;
    value = value * change;
    if (abs(change - 1.0) < 1.0e-7) {
      break;
    }
  }
  return value * a * wg_igamma_factor(a, x);
}

// The upper function for a > 200, uniform in x: erfc of eta sqrt(a / 2) with eta^2 / 2 = x / a - 1 - log(x / a), and
// two terms of the rest (8.12.3, 8.12.10).
fn wg_igamma_uniform(a: f32, x: f32) -> f32 {
  let m = (x - a) / a;
  let gap = max(-wg_log1p_gap(m), 0.0);
  let eta = wg_copysign(sqrt(2.0 * gap), m);
  let high = (0.000352733686 * eta + 0.00115740741) * eta - 0.0148148148;
  let series = (high * eta + 0.0833333333) * eta - 0.333333333;
  let first = select(1.0 / m - 1.0 / eta, series, abs(eta) < 0.3);
  let rest = wg_exp(-a * gap) * 0.39894228 / sqrt(a) * (first - 0.00185185185 / a);
  return 0.5 * wg_erfc(eta * sqrt(0.5 * a)) + select(rest, 0.0, gap > 1.0);
}

// The regularised incomplete gamma function of a and x: the upper one, or the lower one, which is the rest to 1.
fn wg_incomplete_gamma(a: f32, x: f32, upper: bool) -> f32 {
  let none = select(0u, 0x3f800000u, upper);
  let all = select(0x3f800000u, 0u, upper);
  let a_bits = bitcast<u32>(a);
  let x_bits = bitcast<u32>(x);
  let a_zero = (a_bits & wg_magnitude_bits) == 0u;
  let x_zero = (x_bits & wg_magnitude_bits) == 0u;
  if (wg_lt(a, 0.0) | wg_lt(x, 0.0) | (a_zero & !wg_gt(x, 0.0))) {
    return wg_nan();
  }
  if (a_zero) {
    return bitcast<f32>(all);
  }
  if (x_zero) {
    return bitcast<f32>(none);
  }
  if (a_bits == wg_infinity_bits) {
    return bitcast<f32>(select(none, wg_nan_bits, x_bits == wg_infinity_bits));
  }
  if (x_bits == wg_infinity_bits) {
    return bitcast<f32>(all);
  }
  if (wg_is_nan(a) | wg_is_nan(x)) {
    return wg_nan();
  }
  if (a > 200.0) {
    let y = wg_igamma_uniform(a, x);
    return select(1.0 - y, y, upper);
  }
  if (x < a + 1.0) {
    let y = wg_igamma_series(a, x);
    return select(y, 1.0 - y, upper);
  }
  let y = wg_igamma_fraction(a, x);
  return select(1.0 - y, y, upper);
}
