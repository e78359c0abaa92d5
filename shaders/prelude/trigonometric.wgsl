// Trigonometric functions and their inverses. The header of bits.wgsl says how this folder is cut and used.
//
// Arguments up to 1600 are reduced by pi / 2 in four parts, of which all products but the last are exact (Cody, Waite:
// Software Manual for the Elementary Functions, 1980); larger ones in integers with as many bits of 2 / pi as the
// argument needs (Payne, Hanek: Radian reduction for trigonometric functions, SIGNUM 1983). So sin, cos and tan are
// accurate for every finite f32, 3e38 included, and no compiler can reassociate the reduction. Polynomials are
// Chebyshev fits in x^2.

// Words `start` / 32 and the three behind it of 32 zero bits followed by the fraction bits of 2 / pi; start < 160.
// Chosen by the bits of `start`: tables and branches cost several times as much.
fn wg_two_over_pi(start: u32) -> vec4u {
  let one = vec4<bool>((start & 32u) != 0u);
  let two = vec4<bool>((start & 64u) != 0u);
  let four = vec4<bool>((start & 128u) != 0u);
  let from_0 = vec4u(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u);
  let from_1 = vec4u(0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u);
  let from_2 = vec4u(0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u);
  let from_3 = vec4u(0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u);
  let from_4 = vec4u(0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  return select(select(select(from_0, from_1, one), select(from_2, from_3, one), two), from_4, four);
}

// (bits of r, q) with |x| = (4 k + q) pi / 2 + r, |r| <= pi / 4, q of 0..3; x finite.
// |x| = significand * 2^(e - 150). Of 2 / pi only 96 bits matter: higher ones yield multiples of 4 quadrants, lower
// ones nothing. significand * window modulo 2^96 then has q in its top two bits; no f32 comes nearer to a multiple of
// pi / 2 than 2^-39 or so, hence 62 fraction bits leave more than the 24 that r needs.
fn wg_reduce_far(x: f32) -> vec2u {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let significand = (magnitude & 0x007fffffu) | 0x00800000u;
  let start = (magnitude >> 23u) - 120u;
  let left = start & 31u;
  let bits = wg_two_over_pi(start);
  let window = (bits.xyz << vec3u(left)) | ((bits.yzw >> vec3u(1u)) >> vec3u(31u - left));
  // The top 64 of the product's 96 bits, as high and low words.
  let middle = wg_multiply_wide(significand, window.y);
  let last = wg_multiply_wide(significand, window.z);
  var low = middle.x + last.y;
  var high = significand * window.x + middle.y + select(0u, 1u, low < last.y);
  // To the nearest quadrant; what remains is a signed fraction of a quadrant in units of 2^-62.
  let quadrant = (high + 0x20000000u) >> 30u;
  high = high - (quadrant << 30u);
  let negative = high >= 0x80000000u;
  low = select(low, ~low + 1u, negative);
  high = select(high, ~high + select(0u, 1u, low == 0u), negative);
  // The leading 32 bits of it, rounded to f32 by the conversion, times 2^(-30 - zeros) and pi / 2.
  let zeros = select(countLeadingZeros(high), 32u + countLeadingZeros(low), high == 0u);
  let part = zeros & 31u;
  let top = (select(high, low, zeros >= 32u) << part) | select((low >> 1u) >> (31u - part), 0u, zeros >= 32u);
  let fraction = f32(top) * bitcast<f32>((97u - min(zeros, 63u)) << 23u) * 1.57079633;
  return vec2u(bitcast<u32>(select(fraction, -fraction, negative)), quadrant & 3u);
}

// The same for every finite x. n = round(|x| 2 / pi) is at most 1019 where it counts; the first three parts of pi / 2
// are multiples of 2^-11, 2^-23 and 2^-35, so that n times each and the differences are exact. 0x44c80000 is 1600.
fn wg_reduce_angle(x: f32) -> vec2u {
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let a = bitcast<f32>(magnitude);
  let n = floor(a * 0.636619772 + 0.5);
  let first = wg_keep(a - n * 1.5703125);
  let second = wg_keep(first - n * 0.0004837512969970703);
  let third = wg_keep(second - n * 7.549533620476723e-8);
  let near = third - n * 2.5633440682570896e-12;
  var reduced = vec2u(bitcast<u32>(near), bitcast<u32>(n + 12582912.0) & 3u);
  if (magnitude > 0x44c80000u) {
    reduced = wg_reduce_far(x);
  }
  return reduced;
}

// sin(r) and cos(r) for |r| <= pi / 4.
fn wg_sin_reduced(r: f32) -> f32 {
  let t = r * r;
  return r + r * t * (((2.72498642e-6 * t - 0.000198400856) * t + 0.00833333191) * t - 0.166666672);
}

fn wg_cos_reduced(r: f32) -> f32 {
  let t = r * r;
  return (1.0 - 0.5 * t) + t * t * ((2.45478914e-5 * t - 0.00138883025) * t + 0.0416666642);
}

fn wg_sin(x: f32) -> f32 {
  let reduced = wg_reduce_angle(x);
  let r = bitcast<f32>(reduced.x);
  let y = select(wg_sin_reduced(r), wg_cos_reduced(r), (reduced.y & 1u) == 1u);
  // The half turn and the sign of x each change the sign: bit 1 times 2^30 is the sign bit.
  let flip = ((reduced.y & 2u) * 0x40000000u) ^ (bitcast<u32>(x) & wg_sign_bit);
  return wg_choose_bits(bitcast<f32>(bitcast<u32>(y) ^ flip), wg_nan_bits, !wg_is_finite(x));
}

fn wg_cos(x: f32) -> f32 {
  let reduced = wg_reduce_angle(x);
  let r = bitcast<f32>(reduced.x);
  let y = select(wg_cos_reduced(r), wg_sin_reduced(r), (reduced.y & 1u) == 1u);
  let flip = ((reduced.y + 1u) & 2u) * 0x40000000u;
  return wg_choose_bits(bitcast<f32>(bitcast<u32>(y) ^ flip), wg_nan_bits, !wg_is_finite(x));
}

// sin / cos, and -cos / sin in odd quadrants.
fn wg_tan(x: f32) -> f32 {
  let reduced = wg_reduce_angle(x);
  let sine = wg_sin_reduced(bitcast<f32>(reduced.x));
  let cosine = wg_cos_reduced(bitcast<f32>(reduced.x));
  let odd = (reduced.y & 1u) == 1u;
  let y = select(sine, -cosine, odd) / select(cosine, sine, odd);
  let flip = bitcast<u32>(x) & wg_sign_bit;
  return wg_choose_bits(bitcast<f32>(bitcast<u32>(y) ^ flip), wg_nan_bits, !wg_is_finite(x));
}

// asin(a) / a - 1 for 0 <= a <= 1/2, of t = a^2.
fn wg_asin_tail(t: f32) -> f32 {
  let high = ((0.0336908475 * t + 0.0171492379) * t + 0.0311006624) * t + 0.0445994027;
  return t * ((high * t + 0.0750009418) * t + 0.166666657);
}

// Beyond 1/2 by asin(a) = pi / 2 - 2 asin(sqrt((1 - a) / 2)), whose 1 - a is exact. NaN outside [-1, 1].
fn wg_asin(x: f32) -> f32 {
  let a = wg_abs(x);
  let far = a > 0.5;
  let t = select(a * a, max(0.5 - 0.5 * a, 0.0), far);
  let root = select(a, sqrt(t), far);
  let angle = root + root * wg_asin_tail(t);
  let y = wg_copysign(select(angle, 1.57079633 - 2.0 * angle, far), x);
  return wg_choose_bits(y, wg_nan_bits, (bitcast<u32>(x) & wg_magnitude_bits) > 0x3f800000u);
}

fn wg_acos(x: f32) -> f32 {
  let a = wg_abs(x);
  let far = a > 0.5;
  let t = select(a * a, max(0.5 - 0.5 * a, 0.0), far);
  let root = select(x, sqrt(t), far);
  let angle = root + root * wg_asin_tail(t);
  let y = select(1.57079633 - angle, select(2.0 * angle, 3.14159265 - 2.0 * angle, wg_signbit(x)), far);
  return wg_choose_bits(y, wg_nan_bits, (bitcast<u32>(x) & wg_magnitude_bits) > 0x3f800000u);
}

// atan(a) for 0 <= a <= 1: above tan(pi / 8) as pi / 4 + atan((a - 1) / (a + 1)).
fn wg_atan_unit(a: f32) -> f32 {
  let far = a > 0.41421356;
  let s = select(a, (a - 1.0) / (a + 1.0), far);
  let t = s * s;
  let tail = ((((-0.0645105466 * t + 0.107434675) * t - 0.142639309) * t + 0.199995399) * t - 0.333333313) * t;
  return select(0.0, 0.785398163, far) + (s + s * tail);
}

fn wg_atan(x: f32) -> f32 {
  let a = wg_abs(x);
  let angle = wg_atan_unit(select(a, 1.0 / a, a > 1.0));
  let y = select(angle, 1.57079633 - angle, a > 1.0);
  let half_turn = 0x3fc90fdbu | (bitcast<u32>(x) & wg_sign_bit);
  let finite = wg_choose_bits(wg_copysign(y, x), half_turn, wg_is_inf(x));
  return wg_choose_bits(finite, wg_nan_bits, wg_is_nan(x));
}

// The angle of the point (x, y), signs of zero included: atan2(-0, -1) is -pi; both infinite make odd multiples of pi /
// 4.
fn wg_atan2(y: f32, x: f32) -> f32 {
  let y_bits = bitcast<u32>(y) & wg_magnitude_bits;
  let x_bits = bitcast<u32>(x) & wg_magnitude_bits;
  let large = bitcast<f32>(max(x_bits, y_bits));
  let small = bitcast<f32>(min(x_bits, y_bits));
  // Powers of two keep the ratio inside the range in which WGSL promises an accurate division.
  let scale = select(select(1.0, 1.8446744e19, large < 1.0e-18), 5.4210109e-20, large > 1.0e18);
  var ratio = wg_keep(small * scale) / max(wg_keep(large * scale), 1.0e-30);
  ratio = wg_choose_bits(ratio, select(0u, 0x3f800000u, x_bits == y_bits), max(x_bits, y_bits) >= wg_infinity_bits);
  var angle = wg_atan_unit(ratio);
  angle = select(angle, 1.57079633 - angle, y_bits > x_bits);
  angle = select(angle, 3.14159265 - angle, wg_signbit(x));
  return wg_choose_bits(wg_copysign(angle, y), wg_nan_bits, max(x_bits, y_bits) > wg_infinity_bits);
}

// sin(pi x) / (pi x), 1 below 1e-19 (0x20000000), where the quotient might be one of denormals.
fn wg_sinc(x: f32) -> f32 {
  let tiny = (bitcast<u32>(x) & wg_magnitude_bits) < 0x20000000u;
  let angle = 3.14159265 * x;
  return wg_choose_bits(wg_sin(angle) / select(angle, 1.0, tiny), 0x3f800000u, tiny);
}
