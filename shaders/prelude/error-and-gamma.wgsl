// The error function, its complement and inverse, log gamma and digamma.
// The header of bits.wgsl says how this folder is cut and used. Polynomials are Chebyshev fits on the stated intervals.

// erf(a) / a - 1 for 0 <= a <= 1, of t = a^2.
fn wg_erf_tail(t: f32) -> f32 {
  let high = ((-9.66704465e-6 * t + 0.000112659589) * t - 0.000848408032) * t + 0.00522103161;
  return (((high * t - 0.0268654302) * t + 0.112837821) * t - 0.376126379) * t + 0.128379166;
}

// erfc(a) for 0.48 <= a <= 9.2 (bits 0x41133333), 0 beyond, where it is below the normal numbers: e^(-a^2) / (1 + 2 a)
// times a polynomial in (a - 1.5) / (a + 1.5), the form of Shepherd and Laframboise (Chebyshev approximation of (1 + 2
// x) exp(x^2) erfc x, 1981). a^2 is carried in two parts: the 12-bit head squares exactly, the rest is (a - head) (a +
// head).
fn wg_erfc_far(a: f32) -> f32 {
  let x = bitcast<f32>(min(bitcast<u32>(a), 0x41133333u));
  let t = (x - 1.5) / (x + 1.5);
  var p = ((-0.000711221073 * t + 0.000374008203) * t + 0.00257286546) * t + 0.00183588127;
  p = (((p * t - 0.00743859867) * t - 0.0180259869) * t + 0.0210242793) * t + 0.114105344;
  p = ((p * t - 0.23773779) * t - 0.0339625068) * t + 1.28634167;
  let head = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  // The rest reaches 0.08: folded into the exponent's fraction together with the head.
  let parts = wg_exp_parts(-head * head, -(x - head) * (x + head));
  let gauss = bitcast<u32>(parts.y) + wg_exponent_bits(parts.x);
  let y = bitcast<f32>(gauss) * p / (1.0 + 2.0 * x);
  return wg_choose_bits(y, 0u, bitcast<u32>(a) > 0x41133333u);
}

fn wg_erf(x: f32) -> f32 {
  let a = wg_abs(x);
  let y = select(1.0 - wg_erfc_far(a), a * (1.0 + wg_erf_tail(a * a)), a < 1.0);
  return wg_choose_bits(wg_copysign(y, x), wg_nan_bits, wg_is_nan(x));
}

fn wg_erfc(x: f32) -> f32 {
  let a = wg_abs(x);
  let far = wg_erfc_far(a);
  let near = x + x * wg_erf_tail(x * x);
  let y = select(select(far, 2.0 - far, wg_signbit(x)), 1.0 - near, a < 0.5);
  let infinite = wg_choose_bits(y, select(0u, 0x40000000u, wg_signbit(x)), wg_is_inf(x));
  return wg_choose_bits(infinite, wg_nan_bits, wg_is_nan(x));
}

// x times a function of w = -log(1 - x^2), one polynomial up to w = 5 and one in sqrt(w) beyond (the substitution of
// Giles: Approximating the erfinv function, GPU Computing Gems 2011). 1 - |x| is exact from 1/2 on. Infinite at 1 and
// -1.
fn wg_erfinv(x: f32) -> f32 {
  let a = wg_abs(x);
  let w = -wg_log(wg_keep(1.0 - min(a, 0.99999994)) * (1.0 + a));
  let u = w - 2.5;
  var p = (((-8.93192631e-9 * u + 2.33359678e-8) * u + 4.68131361e-7) * u - 3.46398519e-6) * u - 4.9724199e-6;
  p = ((((p * u + 0.000218349393) * u - 0.00125272642) * u - 0.00417739293) * u + 0.24664028) * u + 1.50140941;
  let v = sqrt(max(w, 0.0)) - 3.0;
  var q = (((-0.000135219758 * v + 4.98182817e-5) * v + 0.00126746367) * v - 0.00361972139) * v + 0.00577356853;
  q = (((q * v - 0.00763827562) * v + 0.0094340276) * v + 1.00167525) * v + 2.83297706;
  let magnitude = bitcast<u32>(x) & wg_magnitude_bits;
  let y = wg_choose_bits(a * select(q, p, w < 5.0), wg_infinity_bits, magnitude == 0x3f800000u);
  return wg_choose_bits(wg_copysign(y, x), wg_nan_bits, magnitude > 0x3f800000u);
}

// log gamma(1 + z) for |z| <= 1/2, and log gamma(2 + z) for -1/2 <= z <= 1: z times a polynomial, exact at the zeros.
fn wg_lgamma_one(z: f32) -> f32 {
  var p = ((-0.167296261 * z + 0.179739267) * z - 0.0583029985) * z + 0.0653093085;
  p = (((p * z - 0.1165791) * z + 0.131095514) * z - 0.143652961) * z + 0.169134513;
  p = (((p * z - 0.207398206) * z + 0.270594269) * z - 0.400685519) * z + 0.82246691;
  return z * (p * z - 0.577215672);
}

fn wg_lgamma_two(z: f32) -> f32 {
  var p = ((4.35766233e-5 * z - 0.000207585254) * z + 0.000535863161) * z - 0.00121009583;
  p = (((p * z + 0.00288787996) * z - 0.0073820753) * z + 0.0205807555) * z - 0.067352511;
  return z * ((p * z + 0.322467029) * z + 0.422784328);
}

// log gamma(x) for x > 0. From 3 on Stirling's series: (x - 1/2) (log x - 1) + (log(2 pi) - 1) / 2 + 1/(12 x) - ...
fn wg_lgamma_positive(x: f32) -> f32 {
  let r = 1.0 / max(x, 3.0);
  let t = r * r;
  let series = r * (((-0.000595238095 * t + 0.000793650794) * t - 0.00277777778) * t + 0.0833333333);
  let large = (x - 0.5) * (wg_log(x) - 1.0) + (0.418938533 + series);
  let low = wg_lgamma_one(select(x - 1.0, x, x < 0.5)) - select(0.0, wg_log(x), x < 0.5);
  return select(select(low, wg_lgamma_two(x - 2.0), x >= 1.5), large, x >= 3.0);
}

// log|gamma(x)|: infinite at 0, -1, -2, ... and at both infinities. Negative x by reflection,
// gamma(-a) gamma(a) = -pi / (a sin(pi a)); next to a zero between two poles the error is absolute, not relative.
fn wg_lgamma(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let a = wg_abs(x);
  let positive = wg_lgamma_positive(a);
  let f = wg_abs(a - floor(a + 0.5));
  let angle = 3.14159265 * f;
  let sine = select(wg_sin_reduced(angle), wg_cos_reduced(1.57079633 - angle), f > 0.25);
  let reflected = 1.14472989 - wg_log(sine) - wg_log(a) - positive;
  let near = wg_choose_bits(-wg_log(a), bitcast<u32>(reflected), a > 1.0e-6);
  let y = select(near, positive, bits < wg_sign_bit);
  // All numbers from 2^23 on are integers: poles on the negative side.
  let pole = (magnitude == 0u) | ((bits >= wg_sign_bit) & ((f == 0.0) | (magnitude >= 0x4b000000u)));
  let large = (bits < wg_sign_bit) & (a > 4.0850034e36);
  let finite = wg_choose_bits(y, 0u, bits == 0x3f800000u);
  let real = wg_choose_bits(finite, wg_infinity_bits, pole | large | (magnitude == wg_infinity_bits));
  return wg_choose_bits(real, wg_nan_bits, magnitude > wg_infinity_bits);
}

// The derivative of log gamma, for x > 0. Between 1 and 2 a polynomial times the distance to the zero, in two parts,
// 1.46163213 + 1.24381499e-8; below 1 one step of psi(x) = psi(x + 1) - 1/x up, below 6 steps of it down
// to the asymptotic series log x - 1/(2 x) - 1/(12 x^2) + 1/(120 x^4) - 1/(252 x^6).
fn wg_digamma_positive(x: f32) -> f32 {
  let z = select(x, x + 1.0, x < 1.0);
  let u = z - 1.5;
  var p = ((0.0109025883 * u - 0.0163736194) * u + 0.0171149895) * u - 0.0257868841;
  p = (((p * u + 0.0408500284) * u - 0.0620559789) * u + 0.0949846879) * u - 0.148398861;
  p = ((p * u + 0.240542531) * u - 0.423627496) * u + 0.951055884;
  // x + 1 rounds the distance to the zero, but there, at x = 0.46, the 1/x term is all of the result.
  let middle = (wg_keep(z - 1.46163213) - 1.24381499e-8) * p - select(0.0, 1.0 / x, x < 1.0);
  var lifted = max(x, 2.0);
  var sum = 0.0;
  for (var turn = 0u; turn < 4u; turn++) {
    if (lifted < 6.0) {
      sum = sum + 1.0 / lifted;
      lifted = lifted + 1.0;
    }
  }
  let r = 1.0 / lifted;
  let t = r * r;
  let series = t * ((0.00396825397 * t - 0.00833333333) * t + 0.0833333333);
  let large = wg_log(lifted) - (0.5 * r + series) - sum;
  return select(large, middle, x < 2.0);
}

// psi(x): -inf at 0, inf at -0, NaN at the other poles and at -inf. Negative x by psi(1 - x) - pi / tan(pi x); next to
// a zero between two poles the error is absolute.
fn wg_digamma(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let negative = bits >= wg_sign_bit;
  let positive = wg_digamma_positive(select(x, 1.0 + wg_abs(x), negative));
  let f = x - floor(x + 0.5);
  let angle = 3.14159265 * wg_abs(f);
  let steep = wg_abs(f) > 0.25;
  let turned = select(angle, 1.57079633 - angle, steep);
  let sine = wg_sin_reduced(turned);
  let cosine = wg_cos_reduced(turned);
  let cotangent = wg_copysign(select(cosine, sine, steep) / select(sine, cosine, steep), f);
  let y = select(positive, positive - 3.14159265 * cotangent, negative);
  let infinite = select((bits & wg_sign_bit) ^ 0xff800000u, wg_infinity_bits, bits == wg_infinity_bits);
  // Denormals count as zeros: 1 / x is infinite there, too.
  let zero = magnitude < 0x00800000u;
  let real = wg_choose_bits(y, infinite, zero | (bits == wg_infinity_bits));
  let pole = negative & !zero & ((f == 0.0) | (magnitude >= 0x4b000000u));
  return wg_choose_bits(real, wg_nan_bits, pole | (magnitude > wg_infinity_bits));
}
