// Hyperbolic functions and their inverses. The header of bits.wgsl says how this folder is cut and used.
//
// Odd functions are computed on |x| and take the sign bit of x, which keeps -0. Polynomials are Chebyshev fits in x^2.

// e^a / 2 for 0 <= a <= 89.415985, above which it is infinite: one exponent less, taken from the bits, where e^a itself
// has none left from 88.73 on.
fn wg_exp_half(a: f32) -> f32 {
  return bitcast<f32>(wg_exp_bits(a) - 0x00800000u);
}

// (e^x - e^-x) / 2: a polynomial below 1, else with E = e^x / 2 as E - 1/(4 E), which reaches 89.41 without overflow.
fn wg_sinh(x: f32) -> f32 {
  let a = wg_abs(x);
  let t = a * a;
  let near = a + a * t * (((2.80628024e-6 * t + 0.000198381022) * t + 0.00833333936) * t + 0.166666672);
  let half = wg_exp_half(a);
  let y = wg_choose_bits(half - 0.25 / half, wg_infinity_bits, a > 89.415985);
  return wg_choose_bits(wg_copysign(select(y, near, a < 1.0), x), wg_nan_bits, wg_is_nan(x));
}

// (e^x + e^-x) / 2 in the same way.
fn wg_cosh(x: f32) -> f32 {
  let a = wg_abs(x);
  let half = wg_exp_half(a);
  let y = wg_choose_bits(half + 0.25 / half, wg_infinity_bits, a > 89.415985);
  return wg_choose_bits(y, wg_nan_bits, wg_is_nan(x));
}

// 1 - 2 / (e^2x + 1) from 0.625 on, a polynomial below; 1 to the last bit from 9.01 on
// (0x41200000 is 10).
fn wg_tanh(x: f32) -> f32 {
  let a = wg_abs(x);
  let t = a * a;
  var tail = ((0.00229274482 * t - 0.00834394526) * t + 0.0217689183) * t - 0.0539592579;
  tail = (tail * t + 0.133333042) * t - 0.333333343;
  let confined = bitcast<f32>(min(bitcast<u32>(a), 0x41200000u));
  let far = 1.0 - 2.0 / (bitcast<f32>(wg_exp_bits(2.0 * confined)) + 1.0);
  let y = select(far, a + a * t * tail, a < 0.625);
  return wg_choose_bits(wg_copysign(y, x), wg_nan_bits, wg_is_nan(x));
}

// log(x + sqrt(x^2 + 1)) = log1p(x + x^2 / (1 + sqrt(1 + x^2))); log(x) + ln 2 where 1 no longer counts.
fn wg_asinh(x: f32) -> f32 {
  let a = wg_abs(x);
  let small = bitcast<f32>(min(bitcast<u32>(a), 0x45800000u));
  let square = small * small;
  let near = wg_log1p(small + square / (1.0 + sqrt(1.0 + square)));
  let y = select(near, wg_log(a) + 0.693147181, a > 4096.0);
  return wg_choose_bits(wg_copysign(y, x), bitcast<u32>(x), !wg_is_finite(x));
}

// With d = x - 1, which is exact near 1: log1p(d + sqrt(2 d + d^2)). NaN below 1.
fn wg_acosh(x: f32) -> f32 {
  let inside = select(1.0, select(4096.0, x, x < 4096.0), x > 1.0);
  let d = wg_keep(inside - 1.0);
  let near = wg_log1p(d + sqrt(d * (2.0 + d)));
  let y = select(near, wg_log(x) + 0.693147181, x > 4096.0);
  let bits = bitcast<u32>(x);
  let real = wg_choose_bits(y, wg_infinity_bits, bits == wg_infinity_bits);
  // 1.0 has bits 0x3f800000; all numbers from 1 to inf lie between, as unsigned integers.
  return wg_choose_bits(real, wg_nan_bits, (bits < 0x3f800000u) | (bits > wg_infinity_bits));
}

// The series of log1p below 0.17, else log((1 + x) / (1 - x)) / 2. Infinite at 1, NaN beyond.
fn wg_atanh(x: f32) -> f32 {
  let a = wg_abs(x);
  let t = a * a;
  let far = 0.5 * wg_log((1.0 + a) / select(5.9604645e-8, 1.0 - a, a < 1.0));
  let y = select(far, a + a * t * wg_atanh_tail(t), a < 0.17);
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let real = wg_choose_bits(y, wg_infinity_bits, magnitude == 0x3f800000u);
  return wg_choose_bits(wg_copysign(real, x), wg_nan_bits, magnitude > 0x3f800000u);
}
