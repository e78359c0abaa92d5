// Rounding to integers, and the remainders of division. The header of bits.wgsl says how this folder is cut and used.
//
// Rounding keeps the sign bit of its argument, so that round(-0.3) is -0 as in PyTorch; numbers from 2^23 on are
// integers already and NaN and infinity are their own answers, so all of these return x itself. Remainders are exact:
// long division on the 24-bit significands, never x - y * floor(x / y), whose quotient alone is wrong for x > 2^24 y.

// `rounded` with the sign of x, or x itself where |x| >= 2^23, infinite or NaN (exponent field 150 = bits 0x4b000000).
fn wg_rounded(rounded: f32, x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let signed = (bitcast<u32>(rounded) & wg_magnitude_bits) | (bits & wg_sign_bit);
  return bitcast<f32>(select(signed, bits, (bits & wg_magnitude_bits) >= 0x4b000000u));
}

// To the nearest integer, halves to the even one.
fn wg_round(x: f32) -> f32 {
  let down = floor(x);
  let fraction = x - down;
  let odd = floor(0.5 * down) != 0.5 * down;
  let up = (fraction > 0.5) | ((fraction == 0.5) & odd);
  return wg_rounded(select(down, down + 1.0, up), x);
}

fn wg_trunc(x: f32) -> f32 {
  return wg_rounded(trunc(x), x);
}

fn wg_floor(x: f32) -> f32 {
  return wg_rounded(floor(x), x);
}

fn wg_ceil(x: f32) -> f32 {
  return wg_rounded(ceil(x), x);
}

// x - trunc(x), 0 (never -0) for integers; an infinite x has none, NaN.
fn wg_frac(x: f32) -> f32 {
  let fraction = x - wg_trunc(x);
  let whole = wg_choose_bits(fraction, 0u, fraction == 0.0);
  return wg_choose_bits(whole, wg_nan_bits, !wg_is_finite(x));
}

// The significand (bit 23 set) and the exponent e of |x| = significand * 2^(e - 150), for finite x other than 0.
// Denormals are normalised: e runs from -22 to 254.
fn wg_significand(x: f32) -> vec2i {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let exponent = i32(magnitude >> 23u);
  let shift = countLeadingZeros(magnitude) - 8u;
  let denormal = vec2i(i32(magnitude << (shift & 31u)), 1 - i32(shift));
  return select(vec2i(i32((magnitude & 0x007fffffu) | 0x00800000u), exponent), denormal, exponent == 0);
}

// x - y * trunc(x / y), exactly, with the sign of x (C's fmod). NaN for y = 0 or infinite x; x for infinite y.
// Each turn divides 8 more bits of the quotient away: at most 35 turns, one or two for quotients below 2^16.
fn wg_fmod(x: f32, y: f32) -> f32 {
  let x_bits = bitcast<u32>(x) & wg_magnitude_bits;
  let y_bits = bitcast<u32>(y) & wg_magnitude_bits;
  if (x_bits >= wg_infinity_bits || y_bits > wg_infinity_bits || y_bits == 0u) {
    return wg_nan();
  }
  if (x_bits < y_bits) {
    return x;
  }
  let dividend = wg_significand(x);
  let divisor = wg_significand(y);
  let modulus = u32(divisor.x);
  var left = dividend.y - divisor.y;
  var rest = u32(dividend.x) % modulus;
  for (var turn = 0u; turn < 36u; turn++) {
    if (left <= 0 || rest == 0u) {
      break;
    }
    let step = min(left, 8);
    rest = (rest << u32(step)) % modulus;
    left -= step;
  }
  // rest * 2^(divisor.y - 150): shift the leading bit to place 23, or less far where the result is denormal.
  let shift = i32(countLeadingZeros(rest)) - 8;
  let exponent = divisor.y - shift;
  let normal = ((rest << (u32(shift) & 31u)) & 0x007fffffu) | (u32(max(exponent, 1)) << 23u);
  let room = divisor.y - 1;
  let denormal = select(rest << (u32(room) & 31u), rest >> (u32(-room) & 31u), room < 0);
  let magnitude = select(select(denormal, normal, exponent > 0), 0u, rest == 0u);
  return bitcast<f32>(magnitude | (bitcast<u32>(x) & wg_sign_bit));
}

// fmod moved to the sign of y: Python's %, torch.remainder.
fn wg_remainder(x: f32, y: f32) -> f32 {
  let rest = wg_fmod(x, y);
  let moved = (wg_signbit(rest) != wg_signbit(y)) & ((bitcast<u32>(rest) & wg_magnitude_bits) != 0u);
  let infinite = wg_infinity_bits | (bitcast<u32>(y) & wg_sign_bit);
  let sum = wg_choose_bits(rest + y, infinite, wg_is_inf(y));
  return wg_choose_bits(rest, bitcast<u32>(sum), moved & !wg_is_nan(rest));
}

// floor(x / y) by way of the exact remainder: torch.floor_divide and torch.div(rounding_mode='floor').
// (x - rest) / y is an integer but for its own rounding, which the last step takes away.
fn wg_floor_divide(x: f32, y: f32) -> f32 {
  let rest = wg_fmod(x, y);
  let nonzero = (bitcast<u32>(rest) & wg_magnitude_bits) != 0u;
  let below = nonzero & (wg_signbit(rest) != wg_signbit(y));
  var quotient = wg_choose_bits((x - rest) / y, 0u, wg_is_inf(y));
  quotient = select(quotient, quotient - 1.0, below);
  let nearest = wg_round(quotient);
  let sign = (bitcast<u32>(x) ^ bitcast<u32>(y)) & wg_sign_bit;
  let zero = (bitcast<u32>(nearest) & wg_magnitude_bits) == 0u;
  let result = wg_choose_bits(nearest, sign, zero);
  // A zero divisor leaves x / y: infinite, or NaN where x is 0 or NaN.
  let x_magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let y_zero = (bitcast<u32>(y) & wg_magnitude_bits) == 0u;
  let pole = select(sign | wg_infinity_bits, wg_nan_bits, (x_magnitude == 0u) | (x_magnitude > wg_infinity_bits));
  return wg_choose_bits(wg_choose_bits(result, wg_nan_bits, wg_is_nan(rest)), pole, y_zero);
}

// x = fraction 2^exponent with a fraction of [1/2, 1); x itself and 0 where x is 0, infinite or NaN.
fn wg_frexp_fraction(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let parts = wg_significand(x);
  let half = (u32(parts.x) & 0x007fffffu) | 0x3f000000u | (bits & wg_sign_bit);
  let own = ((bits & wg_magnitude_bits) == 0u) | ((bits & wg_magnitude_bits) >= wg_infinity_bits);
  return bitcast<f32>(select(half, bits, own));
}

fn wg_frexp_exponent(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let own = (magnitude == 0u) | (magnitude >= wg_infinity_bits);
  return select(f32(wg_significand(x).y - 126), 0.0, own);
}
