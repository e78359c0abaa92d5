// Functions around the normal distribution: the scaled complement of erf, the distribution function, its logarithm
// and its inverse. The header of bits.wgsl says how this folder is cut and used. Polynomials are Chebyshev fits.

// (1 + 2 a) e^(a^2) erfc(a) for a >= 0, of t = (a - 2) / (a + 2): the form of Shepherd and Laframboise (see
// wg_erfc_far).
fn wg_erfcx_part(t: f32) -> f32 {
  var p = ((-9.86998543e-7 * t - 1.87898786e-5) * t - 1.67917078e-5) * t + 0.000124437007;
  p = (((p * t + 0.000216792134) * t - 0.000434255577) * t - 0.00146079902) * t + 0.00126321218;
  p = (((p * t + 0.00872345641) * t - 0.00803232193) * t - 0.0542200729) * t + 0.16405113;
  return ((p * t - 0.166030392) * t - 0.0927638188) * t + 1.27697837;
}

// e^(a^2) erfc(a) for 0 <= a < 2^127.
fn wg_erfcx_positive(a: f32) -> f32 {
  return wg_erfcx_part((a - 2.0) / (a + 2.0)) / (1.0 + 2.0 * a);
}

// e^(x^2 sign) with x^2 in two parts, of which the first, from 12 bits of x, is exact; for |x| < 100.
fn wg_exp_square(x: f32, sign: f32) -> f32 {
  let head = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  return bitcast<f32>(wg_exp_pair_bits(sign * head * head, sign * (x - head) * (x + head)));
}

// e^(x^2) erfc(x): below 0 as 2 e^(x^2) - erfcx(-x), infinite below -9.4; 0 at infinity.
fn wg_erfcx(x: f32) -> f32 {
  let a = bitcast<f32>(min(wg_magnitude(x), 0x7effffffu));
  let right = wg_erfcx_positive(a);
  let left = wg_choose_bits(2.0 * wg_exp_square(min(a, 10.0), 1.0) - right, wg_infinity_bits, a > 9.4);
  let y = wg_choose_bits(select(right, left, wg_signbit(x)), select(0u, wg_infinity_bits, wg_signbit(x)), wg_is_inf(x));
  return wg_choose_bits(y, wg_nan_bits, wg_is_nan(x));
}

// The normal distribution function: erfc(-x / sqrt 2) / 2.
fn wg_ndtr(x: f32) -> f32 {
  return 0.5 * wg_erfc(-0.707106781 * x);
}

// Its logarithm: below -1 log(erfcx(-x / sqrt 2) / 2) - x^2 / 2, else log(1 - erfc(x / sqrt 2) / 2).
fn wg_log_ndtr(x: f32) -> f32 {
  let a = bitcast<f32>(min(wg_magnitude(x), 0x7effffffu));
  let left = wg_log(0.5 * wg_erfcx_positive(0.707106781 * a)) - 0.5 * x * x;
  let right = wg_log1p(-0.5 * wg_erfc(0.707106781 * x));
  let y = wg_choose_bits(right, bitcast<u32>(left), wg_lt(x, -1.0));
  return wg_choose_bits(y, 0xff800000u, wg_lt(x, -1.8e19));
}

// The inverse at p = 1/2 + y by y over |y| <= 3/8, of t = y^2 / 0.0703125 - 1; and w + x for the quantile x of a small
// p = e^(-w^2 / 2): of t = (w - 3.25) / 1.25 for w from 2 to 4.5, of t = (w - 9.75) / 5.25 from 4.5 to 15.
fn wg_ndtri_middle(t: f32) -> f32 {
  var p = ((3.09425968e-6 * t + 8.70152235e-6) * t + 1.5419535e-5) * t + 4.48362334e-5;
  p = (((p * t + 0.000143031095) * t + 0.000430093874) * t + 0.00132509461) * t + 0.00426969118;
  return (((p * t + 0.0146315051) * t + 0.0556950383) * t + 0.264366895) * t + 2.72666502;
}

fn wg_ndtri_near(t: f32) -> f32 {
  var p = ((5.40932742e-5 * t - 0.000161777687) * t + 0.000370022433) * t - 0.00115896668;
  p = (((p * t + 0.00380694284) * t - 0.0125346314) * t + 0.0429266244) * t - 0.157389313;
  return p * t + 0.68007791;
}

fn wg_ndtri_far(t: f32) -> f32 {
  var p = ((0.00030902389 * t - 0.000623552245) * t + 0.000413888745) * t - 0.000859140477;
  p = (((p * t + 0.00264844857) * t - 0.00552208535) * t + 0.0112842089) * t - 0.0242873151;
  return ((p * t + 0.0538126528) * t - 0.125212535) * t + 0.331017673;
}

// The inverse of wg_ndtr: -inf at 0, inf at 1, NaN outside.
fn wg_ndtri(p: f32) -> f32 {
  let y = p - 0.5;
  let middle = y * wg_ndtri_middle(y * y / 0.0703125 - 1.0);
  // By bits: the smaller of two positive numbers, a denormal one included.
  let small = bitcast<f32>(min(bitcast<u32>(p), bitcast<u32>(1.0 - p)));
  let w = sqrt(max(-2.0 * wg_log(small), 0.0));
  let gap = select(wg_ndtri_far((w - 9.75) / 5.25), wg_ndtri_near((w - 3.25) / 1.25), w < 4.5);
  let tail = wg_copysign(w - gap, y);
  let bits = bitcast<u32>(p);
  let inside = select(tail, middle, wg_abs(y) <= 0.375);
  let low = wg_choose_bits(inside, 0xff800000u, (bits & wg_magnitude_bits) == 0u);
  let high = wg_choose_bits(low, wg_infinity_bits, bits == 0x3f800000u);
  return wg_choose_bits(high, wg_nan_bits, (bits > 0x3f800000u) & (bits != wg_sign_bit));
}

// -x log x: 0 at 0, -inf below and at infinity.
fn wg_entr(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let y = wg_choose_bits(-x * wg_log(x), 0u, (bits & wg_magnitude_bits) == 0u);
  let below = wg_choose_bits(y, 0xff800000u, (bits > wg_sign_bit) | (bits == wg_infinity_bits));
  return wg_choose_bits(below, wg_nan_bits, wg_is_nan(x));
}
