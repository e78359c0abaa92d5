// Exponentials, logarithms, powers and roots. The header of bits.wgsl says how this folder is cut and used.
//
// exp(x) = 2^n exp(r) and log(x) = e ln 2 + log(m). What decides the accuracy, r and m - 1, comes from integers or is
// exact, so that a compiler that reassociates or contracts sums costs an ulp and no more. Polynomials are Chebyshev
// fits on the stated interval, their coefficients rounded to f32. Accuracy: a few ulp; the unit tests hold the bounds.

// ln 2 as 16 bits (products with an exponent are exact) + rest.
const wg_ln2_high: f32 = 0.693145752;
const wg_ln2_low: f32 = 1.42860682e-6;

// n * 2^23 for an integer |n| < 2^22: what multiplies by 2^n when it is added to a float's bits. Adding 1.5 * 2^23
// leaves n in the low bits of the fraction, and multiplying those by 2^23 pushes all others out. Software adapters take
// ten times as long for a conversion or a shift.
fn wg_exponent_bits(n: f32) -> u32 {
  return bitcast<u32>(n + 12582912.0) * 8388608u;
}

// (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2.
fn wg_exp_tail(r: f32) -> f32 {
  return (((0.00139264006 * r + 0.00836335309) * r + 0.0416665524) * r + 0.166665763) * r + 0.5;
}

// (n, e^r) of e^(high + low) = 2^n e^r for |high| < 150 and |low| < 1/4. high - n ln2_high is exact; the bit that is
// cleared has no weight but where |high| < 1/2, and keeps compilers from joining the two halves of ln 2 again.
fn wg_exp_parts(high: f32, low: f32) -> vec2f {
  let n = floor((high + low) * 1.44269504 + 0.5);
  let above = bitcast<f32>(bitcast<u32>(high - n * wg_ln2_high) & 0xfffffffeu);
  let r = (above - n * wg_ln2_low) + low;
  return vec2f(n, 1.0 + (r + r * r * wg_exp_tail(r)));
}

// The bits of e^(high + low) for |low| < 1/4 where that is a normal number, 0 below and infinity's above; meaningless
// for NaN.
fn wg_exp_pair_bits(high: f32, low: f32) -> u32 {
  // Beyond 128 in size (0x43000000) the answer is clear, and high is cut so that n stays small.
  let bits = bitcast<u32>(high);
  let magnitude = min(bits & wg_magnitude_bits, 0x43000000u);
  let cut = bitcast<f32>(magnitude | (bits & wg_sign_bit));
  let parts = wg_exp_parts(cut, select(low, 0.0, magnitude == 0x43000000u));
  let normal = bitcast<u32>(parts.y) + wg_exponent_bits(parts.x);
  // Bits of a result too large are those of infinity or above; of one too small 0x007fffff or below, or a negative number's.
  let large = select(normal, wg_infinity_bits, (normal > wg_infinity_bits) & (bits < wg_sign_bit));
  return select(large, 0u, (bits >= wg_sign_bit) & (bitcast<i32>(normal) < 0x00800000));
}

// The bits of e^x where that is a normal number; meaningless elsewhere.
fn wg_exp_bits(x: f32) -> u32 {
  let parts = wg_exp_parts(x, 0.0);
  return bitcast<u32>(parts.y) + wg_exponent_bits(parts.x);
}

// e^x: 0 where that is below the normal numbers, x < -87.33654 (0xc2aeac4f), infinite from x > 88.72283 (0x42b17217)
// on. Negative numbers are above all others as u32 and below them as i32, so that one comparison each finds the two
// ends.
fn wg_exp(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let finite = select(wg_exp_bits(x), wg_infinity_bits, bitcast<i32>(bits) > 0x42b17217);
  let real = select(finite, 0u, bits > 0xc2aeac4fu);
  return bitcast<f32>(select(real, wg_nan_bits, (bits & wg_magnitude_bits) > wg_infinity_bits));
}

// 2^x: x - round(x) is exact; integers give exact powers. 0 below -126 (0xc2fc0000), infinite from 128 (0x43000000) on.
fn wg_exp2(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let n = floor(x + 0.5);
  let r = (x - n) * 0.693147181;
  let near = bitcast<u32>(1.0 + (r + r * r * wg_exp_tail(r))) + wg_exponent_bits(n);
  let finite = select(near, wg_infinity_bits, bitcast<i32>(bits) >= 0x43000000);
  let real = select(finite, 0u, bits > 0xc2fc0000u);
  return bitcast<f32>(select(real, wg_nan_bits, (bits & wg_magnitude_bits) > wg_infinity_bits));
}

// e^x - 1, accurate near 0: the polynomial alone for |x| < ln(2) / 2 (bits 0x3eb17218).
fn wg_expm1(x: f32) -> f32 {
  let near = x + x * x * wg_exp_tail(x);
  let far = wg_exp(x) - 1.0;
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let y = select(far, near, magnitude < 0x3eb17218u);
  // Tiny x (and -0) are their own answer; infinity and NaN do not pass through the subtraction.
  let special = select(select(0xbf800000u, bits, bits < wg_sign_bit), wg_nan_bits, magnitude > wg_infinity_bits);
  return wg_choose_bits(wg_choose_bits(y, bits, magnitude < 0x33000000u), special, magnitude >= wg_infinity_bits);
}

// 1 / (1 + e^-x), with e^-|x| so that neither tail overflows or cancels.
fn wg_sigmoid(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let e = bitcast<f32>(select(wg_exp_bits(-bitcast<f32>(magnitude)), 0u, magnitude > 0x42aeac4fu));
  let y = select(1.0, e, wg_signbit(x)) / (1.0 + e);
  return wg_choose_bits(y, wg_nan_bits, magnitude > wg_infinity_bits);
}

// (e, m) of |x| = 2^e m, m from sqrt(1/2) to sqrt(2) (0x3f3504f3 is sqrt(1/2)), with its ends a rounding error wide;
// denormals are converted as integers, which multiplies them by 2^149.
fn wg_log_split(x: f32) -> vec2f {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let denormal = magnitude < 0x00800000u;
  let bits = select(magnitude, bitcast<u32>(f32(i32(magnitude))), denormal);
  let e = floor(f32(i32(bits) - 0x3f3504f3) * 1.1920928955078125e-7);
  return vec2f(e - select(0.0, 149.0, denormal), bitcast<f32>(bits - wg_exponent_bits(e)));
}

// (atanh(s) / s - 1) / s^2 as a polynomial in t = s^2 for |s| <= 0.178.
fn wg_atanh_tail(t: f32) -> f32 {
  return ((0.117091306 * t + 0.142737359) * t + 0.200000763) * t + 0.333333343;
}

// log(1 + f) = 2 atanh(f / (2 + f)) for -0.293 < f < 0.4143.
fn wg_log_near(f: f32) -> f32 {
  let s = f / (2.0 + f);
  let t = s * s;
  return 2.0 * (s + s * t * wg_atanh_tail(t));
}

// log(m) for m of wg_log_split: m - 1 is exact.
fn wg_log_fraction(m: f32) -> f32 {
  return wg_log_near(m - 1.0);
}

// The answers of every logarithm outside the positive numbers: -inf at 0 and -0, NaN below, inf at inf.
fn wg_log_domain(x: f32, value: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let positive = select(bitcast<u32>(value), wg_infinity_bits, bits == wg_infinity_bits);
  let real = select(positive, wg_sign_bit | wg_infinity_bits, magnitude == 0u);
  return bitcast<f32>(select(real, wg_nan_bits, (bits > wg_sign_bit) | (magnitude > wg_infinity_bits)));
}

fn wg_log(x: f32) -> f32 {
  let split = wg_log_split(x);
  let y = split.x * wg_ln2_high + (split.x * wg_ln2_low + wg_log_fraction(split.y));
  return wg_log_domain(x, y);
}

// Exact for powers of two.
fn wg_log2(x: f32) -> f32 {
  let split = wg_log_split(x);
  return wg_log_domain(x, split.x + wg_log_fraction(split.y) * 1.44269504);
}

// log10(2) = 0.301025391 (12 bits) + 4.60503907e-6.
fn wg_log10(x: f32) -> f32 {
  let split = wg_log_split(x);
  let y = split.x * 0.301025391 + (split.x * 4.60503907e-6 + wg_log_fraction(split.y) * 0.434294482);
  return wg_log_domain(x, y);
}

// log(1 + x) from one series: 1 + x = 2^e m, and for -0.29 < x < 0.41, where 1 + x would round x away, e = 0 and
// m - 1 = x. 0x3e947ae1 is 0.29, 0x3ed1eb85 is 0.41.
fn wg_log1p(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let limit = select(0x3ed1eb85u, 0x3e947ae1u, bits >= wg_sign_bit);
  let near = magnitude < limit;
  let split = wg_log_split(1.0 + x);
  let e = select(split.x, 0.0, near);
  let y = e * wg_ln2_high + (e * wg_ln2_low + wg_log_near(select(split.y - 1.0, x, near)));
  let tiny = magnitude < 0x33000000u;
  return wg_choose_bits(wg_log_domain(wg_choose_bits(1.0 + x, bits, magnitude >= wg_infinity_bits), y), bits, tiny);
}

// log(e^t + e^value) for t = total.x + total.y, as two numbers again: in running totals, where each step adds little to a large
// number, the second keeps what the first cannot hold. An infinite larger one is the answer, whatever the other is but NaN.
fn wg_log_add_pair(total: vec2f, value: f32) -> vec2f {
  let ahead = wg_order(value) > wg_order(total.x);
  let top = wg_maximum(total.x, value);
  let way = (wg_minimum(total.x, value) - top) + select(-total.y, total.y, ahead);
  let more = wg_log1p(wg_exp(way)) + select(total.y, 0.0, ahead);
  let sum = wg_keep(top + more);
  let rest = more - wg_keep(sum - top);
  let far = !wg_is_finite(top);
  return vec2f(wg_choose_bits(sum, bitcast<u32>(top), far), wg_choose_bits(rest, 0u, far));
}

// log(e^x + e^y).
fn wg_logaddexp(x: f32, y: f32) -> f32 {
  return wg_log_add_pair(vec2f(x, 0.0), y).x;
}

fn wg_sqrt(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let own = (bits == wg_infinity_bits) | ((bits & wg_magnitude_bits) == 0u);
  let nan = ((bits & wg_magnitude_bits) > wg_infinity_bits) | (bits > wg_sign_bit);
  return wg_choose_bits(wg_choose_bits(sqrt(wg_abs(x)), bits, own), wg_nan_bits, nan);
}

// 1 / sqrt(x); the pole keeps the sign of zero: rsqrt(-0) is -inf.
fn wg_rsqrt(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let y = wg_choose_bits(1.0 / sqrt(wg_abs(x)), 0u, bits == wg_infinity_bits);
  let pole = wg_choose_bits(y, bits | wg_infinity_bits, (bits & wg_magnitude_bits) == 0u);
  let nan = ((bits & wg_magnitude_bits) > wg_infinity_bits) | (bits > wg_sign_bit);
  return wg_choose_bits(pole, wg_nan_bits, nan);
}

// sqrt(x^2 + y^2) without overflow on the way; infinite where either is, even beside NaN (C99).
fn wg_hypot(x: f32, y: f32) -> f32 {
  let x_bits = bitcast<u32>(x) & wg_magnitude_bits;
  let y_bits = bitcast<u32>(y) & wg_magnitude_bits;
  let large = bitcast<f32>(max(x_bits, y_bits));
  let small = bitcast<f32>(min(x_bits, y_bits));
  // Powers of two keep the ratio inside the range in which WGSL promises an accurate division.
  let scale = select(select(1.0, 1.8446744e19, large < 1.0e-18), 5.4210109e-20, large > 1.0e18);
  let ratio = wg_keep(small * scale) / max(wg_keep(large * scale), 1.0e-30);
  let value = wg_choose_bits(large * sqrt(1.0 + ratio * ratio), bitcast<u32>(large), small == 0.0);
  let nan = wg_choose_bits(value, wg_nan_bits, max(x_bits, y_bits) > wg_infinity_bits);
  return wg_choose_bits(nan, wg_infinity_bits, (x_bits == wg_infinity_bits) | (y_bits == wg_infinity_bits));
}

// a * b as high + low without error (Dekker 1971): 12-bit halves by masks, so that the four partial products are exact.
fn wg_two_product(a: f32, b: f32) -> vec2f {
  let a_high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b_high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a_low = wg_keep(a - a_high);
  let b_low = wg_keep(b - b_high);
  let product = wg_keep(a * b);
  let rest = wg_keep(wg_keep(a_high * b_high) - product);
  return vec2f(product, (rest + (wg_keep(a_high * b_low) + wg_keep(a_low * b_high))) + a_low * b_low);
}

// log|x| as high + low to about 2^-30 of its value, for the exponent of wg_pow. With m, s, t as in wg_log_fraction,
// s itself is carried in two parts: its own rounding error is the residual f - s (m + 1) over m + 1.
fn wg_log_pair(x: f32) -> vec2f {
  let split = wg_log_split(x);
  let f = wg_keep(split.y - 1.0);
  let sum = wg_keep(split.y + 1.0);
  let sum_low = split.y - wg_keep(sum - 1.0);
  let s = wg_keep(f / sum);
  let product = wg_two_product(s, sum);
  let s_low = ((wg_keep(f - product.x) - product.y) - s * sum_low) / sum;
  let t = s * s;
  let tail = 2.0 * (s_low + s * t * wg_atanh_tail(t));
  let exponent_part = wg_keep(split.x * wg_ln2_high);
  let high = wg_keep(exponent_part + 2.0 * s);
  let low = wg_keep(2.0 * s - wg_keep(high - exponent_part)) + (tail + split.x * wg_ln2_low);
  let total = wg_keep(high + low);
  return vec2f(total, low - wg_keep(total - high));
}

// What y is as an exponent: 0 not an integer, 1 odd, 2 even (all |y| >= 2^24, infinity too). Bits are compared: a small
// y rounds to 0, and only 0 is equal to it there.
fn wg_integer_kind(y: f32) -> u32 {
  let magnitude = bitcast<u32>(y) & wg_magnitude_bits;
  let a = bitcast<f32>(magnitude);
  let half = 0.5 * a;
  let whole = bitcast<u32>(floor(a)) == magnitude;
  let odd = bitcast<u32>(floor(half)) != bitcast<u32>(half);
  let kind = select(0u, select(2u, 1u, odd), whole);
  return select(kind, 2u, magnitude >= 0x4b800000u);
}

// x^y by C99's rules, which are PyTorch's: x^0 = 1^y = 1 even for NaN; a negative base has real powers for integers
// only.
fn wg_pow(x: f32, y: f32) -> f32 {
  let x_bits = bitcast<u32>(x);
  let y_bits = bitcast<u32>(y);
  let x_magnitude = x_bits & wg_magnitude_bits;
  let y_magnitude = y_bits & wg_magnitude_bits;
  let kind = wg_integer_kind(y);
  let logarithm = wg_log_pair(x);
  let product = wg_two_product(y, logarithm.x);
  var magnitude = wg_exp_pair_bits(product.x, product.y + y * logarithm.y);
  // Infinite exponents, and bases 0 and infinity, grow or vanish; which, is a matter of signs.
  let large_base = x_magnitude > 0x3f800000u;
  let edge = (x_magnitude == 0u) | (x_magnitude == wg_infinity_bits) | (y_magnitude == wg_infinity_bits);
  magnitude = select(magnitude, select(0u, wg_infinity_bits, large_base == (y_bits < wg_sign_bit)), edge);
  let sign = select(0u, x_bits & wg_sign_bit, kind == 1u);
  let complex = (x_bits > wg_sign_bit) & (kind == 0u) & (x_magnitude != wg_infinity_bits);
  let nan = complex | (x_magnitude > wg_infinity_bits) | (y_magnitude > wg_infinity_bits);
  let whole_turn = (x_bits == 0xbf800000u) & (y_magnitude == wg_infinity_bits);
  let one = (y_magnitude == 0u) | (x_bits == 0x3f800000u) | whole_turn;
  return bitcast<f32>(select(select(magnitude | sign, wg_nan_bits, nan), 0x3f800000u, one));
}

// log2(2^a + 2^b): the larger one and what the other adds; equal infinities are their own answer.
fn wg_logaddexp2(a: f32, b: f32) -> f32 {
  let large = wg_maximum(a, b);
  let y = large + 1.44269504 * wg_log1p(wg_exp2(-wg_abs(a - b)));
  return wg_choose_bits(y, bitcast<u32>(a), wg_is_inf(a) & (bitcast<u32>(a) == bitcast<u32>(b)));
}

// a log(b) and a log(1 + b): 0 for a = 0, or denormal, but where b is NaN.
fn wg_xlogy(a: f32, b: f32) -> f32 {
  let y = wg_choose_bits(a * wg_log(b), 0u, (bitcast<u32>(a) & wg_magnitude_bits) < 0x00800000u);
  return wg_choose_bits(y, wg_nan_bits, wg_is_nan(b));
}

fn wg_xlog1py(a: f32, b: f32) -> f32 {
  let y = wg_choose_bits(a * wg_log1p(b), 0u, (bitcast<u32>(a) & wg_magnitude_bits) < 0x00800000u);
  return wg_choose_bits(y, wg_nan_bits, wg_is_nan(b));
}

// log(x / (1 - x)).
fn wg_logit(x: f32) -> f32 {
  return wg_log(x) - wg_log1p(-x);
}
