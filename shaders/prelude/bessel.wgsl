// Bessel functions of orders 0 and 1, and Airy's Ai. The header of bits.wgsl says how this folder is cut and used.
//
// Up to 8 (2 for the falling ones) polynomials, with the logarithm of Y and K taken out; beyond, amplitude and
// phase, or an exponential, times polynomials in 1 / x (Abramowitz and Stegun 9.4 and 9.8 have the forms).
// Polynomials are Chebyshev fits, their coefficients rounded to f32. Near zeros of J, Y and Ai the error is
// absolute, a few 1e-7 of the amplitude.

// J0(x), J1(x) / x and the parts of Y0 and Y1 / x without their logarithm, of t = x^2 / 32 - 1 for 0 <= x <= 8.
fn wg_bessel_j0_near(t: f32) -> f32 {
  var p = ((1.60656811e-7 * t - 2.74355489e-6) * t + 3.8471826e-5) * t - 0.000443513622;
  p = (((p * t + 0.00405807979) * t - 0.0284727383) * t + 0.145988852) * t - 0.507468045;
  p = (((p * t + 1.03837943) * t - 0.808088779) * t - 0.648469269) * t + 0.930301249;
  return p * t + 0.0458296649;
}

fn wg_bessel_j1_near(t: f32) -> f32 {
  var p = ((6.46908171e-9 * t - 1.20629906e-7) * t + 1.86840521e-6) * t - 2.40445479e-5;
  p = (((p * t + 0.000249494624) * t - 0.00202904013) * t + 0.0124568148) * t - 0.0547458194;
  p = (((p * t + 0.15858376) * t - 0.259594858) * t + 0.151516646) * t + 0.0810586587;
  return p * t - 0.0581438281;
}

fn wg_bessel_y0_near(t: f32) -> f32 {
  var p = ((-3.24173925e-7 * t + 5.37476399e-6) * t - 7.27925144e-5) * t + 0.000806091703;
  p = (((p * t - 0.0070257429) * t + 0.0463670865) * t - 0.218957469) * t + 0.672177076;
  p = (((p * t - 1.07754779) * t + 0.144126326) * t + 1.64709651) * t - 0.828435898;
  return p * t - 0.382250667;
}

fn wg_bessel_y1_near(t: f32) -> f32 {
  var p = ((-1.32343825e-8 * t + 2.4006016e-7) * t - 3.60089848e-6) * t + 4.4671815e-5;
  p = (((p * t - 0.000443817407) * t + 0.00342249218) * t - 0.0196287576) * t + 0.0785478652;
  p = (((p * t - 0.196398392) * t + 0.235072091) * t + 0.0233675726) * t - 0.243377432;
  return p * t + 0.0707598552;
}

// The cosine's and the sine's share of orders 0 and 1 beyond 8, of t = (8 / x)^2.
fn wg_bessel_cosine0(t: f32) -> f32 {
  var p = ((-4.00437514e-8 * t + 3.088266e-7) * t - 2.15962018e-6) * t + 2.7375545e-5;
  return (p * t - 0.00109863235) * t + 1.0;
}

fn wg_bessel_sine0(t: f32) -> f32 {
  var p = ((2.14531095e-8 * t - 1.46709027e-7) * t + 8.08199673e-7) * t - 6.92738195e-6;
  return (p * t + 0.000143050871) * t - 0.015625;
}

fn wg_bessel_cosine1(t: f32) -> f32 {
  var p = ((4.49019204e-8 * t - 3.51850815e-7) * t + 2.55425766e-6) * t - 3.51981143e-5;
  return (p * t + 0.00183105422) * t + 1.0;
}

fn wg_bessel_sine1(t: f32) -> f32 {
  var p = ((-2.38270488e-8 * t + 1.6489669e-7) * t - 9.33492686e-7) * t + 8.46723742e-6;
  return (p * t - 0.000200271301) * t + 0.046875;
}

// (J, Y) of order 0 or 1 for x > 8: sqrt(2 / (pi x)) times p cos(c) - q sin(c) and p sin(c) + q cos(c) with the phase
// c = x - pi / 4, a quarter turn less for order 1.
fn wg_bessel_far(x: f32, first: bool) -> vec2f {
  let r = 8.0 / x;
  let t = r * r;
  let p = select(wg_bessel_cosine0(t), wg_bessel_cosine1(t), first);
  let q = r * select(wg_bessel_sine0(t), wg_bessel_sine1(t), first);
  let sine = wg_sin(x);
  let cosine = wg_cos(x);
  let sum = 0.707106781 * (cosine + sine);
  let difference = 0.707106781 * (sine - cosine);
  let c = select(sum, difference, first);
  let s = select(difference, -sum, first);
  return 0.797884561 / sqrt(x) * vec2f(p * c - q * s, p * s + q * c);
}

// Even: of |x|. NaN at infinity, as PyTorch.
fn wg_bessel_j0(x: f32) -> f32 {
  let a = wg_abs(x);
  let y = select(wg_bessel_far(max(a, 8.0), false).x, wg_bessel_j0_near(a * a / 32.0 - 1.0), a <= 8.0);
  return wg_choose_bits(y, wg_nan_bits, !wg_is_finite(x));
}

// Odd.
fn wg_bessel_j1(x: f32) -> f32 {
  let a = wg_abs(x);
  let far = wg_copysign(1.0, x) * wg_bessel_far(max(a, 8.0), true).x;
  let y = select(far, x * wg_bessel_j1_near(a * a / 32.0 - 1.0), a <= 8.0);
  return wg_choose_bits(y, wg_nan_bits, !wg_is_finite(x));
}

// -inf at 0; NaN below, at infinity and for NaN.
fn wg_bessel_y_domain(x: f32, value: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let pole = wg_choose_bits(value, 0xff800000u, (bits & wg_magnitude_bits) == 0u);
  return wg_choose_bits(pole, wg_nan_bits, (bits >= wg_infinity_bits) & (bits != wg_sign_bit));
}

fn wg_bessel_y0(x: f32) -> f32 {
  let t = x * x / 32.0 - 1.0;
  let near = wg_bessel_y0_near(t) + 0.636619772 * wg_log(x) * wg_bessel_j0_near(t);
  return wg_bessel_y_domain(x, select(wg_bessel_far(max(x, 8.0), false).y, near, x <= 8.0));
}

fn wg_bessel_y1(x: f32) -> f32 {
  let t = x * x / 32.0 - 1.0;
  let near = x * (wg_bessel_y1_near(t) + 0.636619772 * wg_log(x) * wg_bessel_j1_near(t)) - 0.636619772 / x;
  return wg_bessel_y_domain(x, select(wg_bessel_far(max(x, 8.0), true).y, near, x <= 8.0));
}

// 1 + q / (1 (1 + order)) + q^2 / (1 2 (1 + order) (2 + order)) + ..: I of that order without (x / 2)^order, q = x^2
// / 4. 16 terms hold an ulp up to q = 16.
fn wg_bessel_series(q: f32, order: f32) -> f32 {
  var sum = 1.0;
  for (var turn = 0u; turn < 16u; turn++) {
    let k = 16.0 - f32(turn);
    sum = 1.0 + sum * q / (k * (k + order));
  }
  return sum;
}

// e^-x sqrt(x) I of orders 0 and 1 for x >= 8, of t = 8 / x.
fn wg_bessel_i0_far(t: f32) -> f32 {
  var p = ((4.31105855e-6 * t - 8.10818619e-6) * t + 1.1412093e-5) * t + 6.62284674e-6;
  return (((p * t + 5.81966451e-5) * t + 0.000438147516) * t + 0.00623348029) * t + 0.398942292;
}

fn wg_bessel_i1_far(t: f32) -> f32 {
  var p = ((-4.85231112e-6 * t + 9.10160179e-6) * t - 1.3181927e-5) * t - 9.14817429e-6;
  return (((p * t - 8.11850332e-5) * t - 0.000730320695) * t - 0.0187004283) * t + 0.398942292;
}

// e^-a I(a) for a >= 0.
fn wg_i0e_positive(a: f32) -> f32 {
  let near = min(a, 8.0);
  let far = max(a, 8.0);
  let low = wg_bessel_series(near * near * 0.25, 0.0) * wg_exp(-near);
  return select(wg_bessel_i0_far(8.0 / far) / sqrt(far), low, a < 8.0);
}

fn wg_i1e_positive(a: f32) -> f32 {
  let near = min(a, 8.0);
  let far = max(a, 8.0);
  let low = 0.5 * near * wg_bessel_series(near * near * 0.25, 1.0) * wg_exp(-near);
  return select(wg_bessel_i1_far(8.0 / far) / sqrt(far), low, a < 8.0);
}

fn wg_i0e(x: f32) -> f32 {
  let y = wg_choose_bits(wg_i0e_positive(wg_abs(x)), 0u, wg_is_inf(x));
  return wg_choose_bits(y, wg_nan_bits, wg_is_nan(x));
}

fn wg_i1e(x: f32) -> f32 {
  let y = wg_choose_bits(wg_i1e_positive(wg_abs(x)), 0u, wg_is_inf(x));
  return wg_choose_bits(wg_copysign(y, x), wg_nan_bits, wg_is_nan(x));
}

// value e^a, by halves, for it may be finite where e^a is not; infinite from 92 on, where I is. NaN unless x is finite.
fn wg_bessel_grown(value: f32, x: f32) -> f32 {
  let a = wg_abs(x);
  let half = wg_exp(0.5 * min(a, 100.0));
  let y = wg_choose_bits(value * half * half, wg_infinity_bits, a > 92.0);
  return wg_choose_bits(y, wg_nan_bits, !wg_is_finite(x));
}

fn wg_i0(x: f32) -> f32 {
  let a = wg_abs(x);
  let near = min(a, 8.0);
  let low = wg_bessel_series(near * near * 0.25, 0.0);
  return wg_choose_bits(low, bitcast<u32>(wg_bessel_grown(wg_i0e_positive(a), x)), !(a < 8.0));
}

fn wg_i1(x: f32) -> f32 {
  let a = wg_abs(x);
  let near = min(a, 8.0);
  let low = 0.5 * near * wg_bessel_series(near * near * 0.25, 1.0);
  let y = wg_choose_bits(low, bitcast<u32>(wg_bessel_grown(wg_i1e_positive(a), x)), !(a < 8.0));
  return wg_copysign(y, x);
}

// The parts of K0 and x K1 without their logarithm for x <= 2, of t = x^2 / 4; and e^x sqrt(x) K for x >= 2, of t =
// 2 / x.
fn wg_bessel_k0_near(t: f32) -> f32 {
  var p = ((0.000129776003 * t + 0.00260191155) * t + 0.0348988734) * t + 0.230694503;
  return (p * t + 0.422784477) * t - 0.577215672;
}

fn wg_bessel_k1_near(t: f32) -> f32 {
  var p = ((-0.00124583172 * t - 0.0190331191) * t - 0.181653023) * t - 0.67276603;
  return (p * t + 0.154429764) * t + 1.0;
}

fn wg_bessel_k0_far(t: f32) -> f32 {
  var p = ((-0.000212057741 * t + 0.00123460207) * t - 0.00329235569) * t + 0.0055341064;
  p = (((p * t - 0.00708292006) * t + 0.00838703848) * t - 0.0114203412) * t + 0.0220269933;
  return (p * t - 0.0783320218) * t + 1.25331414;
}

fn wg_bessel_k1_far(t: f32) -> f32 {
  var p = ((0.000252020574 * t - 0.0014724005) * t + 0.00394992158) * t - 0.00671218289;
  p = (((p * t + 0.00877456088) * t - 0.0108330157) * t + 0.0160012878) * t - 0.0367136225;
  return (p * t + 0.234996274) * t + 1.25331414;
}

// e^x K of order 0 for x > 0, or K itself.
fn wg_k0_positive(x: f32, scaled: bool) -> f32 {
  let near = min(x, 2.0);
  let far = max(x, 2.0);
  let q = near * near * 0.25;
  let low = wg_bessel_k0_near(q) - (wg_log(near) - 0.693147181) * wg_bessel_series(q, 0.0);
  let high = wg_bessel_k0_far(2.0 / far) / sqrt(far);
  return select(high * select(wg_exp(-far), 1.0, scaled), low * select(1.0, wg_exp(near), scaled), x < 2.0);
}

fn wg_k1_positive(x: f32, scaled: bool) -> f32 {
  let near = min(x, 2.0);
  let far = max(x, 2.0);
  let q = near * near * 0.25;
  let low = wg_bessel_k1_near(q) / near + (wg_log(near) - 0.693147181) * 0.5 * near * wg_bessel_series(q, 1.0);
  let high = wg_bessel_k1_far(2.0 / far) / sqrt(far);
  // 1 / x is infinite for a denormal, which an adapter may take for 0.
  let y = select(high * select(wg_exp(-far), 1.0, scaled), low * select(1.0, wg_exp(near), scaled), x < 2.0);
  return wg_choose_bits(y, wg_infinity_bits, bitcast<u32>(x) < 0x00800000u);
}

// inf at 0, 0 at infinity, NaN below.
fn wg_bessel_k_domain(x: f32, value: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let pole = wg_choose_bits(value, wg_infinity_bits, (bits & wg_magnitude_bits) == 0u);
  let finite = wg_choose_bits(pole, 0u, bits == wg_infinity_bits);
  return wg_choose_bits(finite, wg_nan_bits, (bits > wg_infinity_bits) & (bits != wg_sign_bit));
}

fn wg_bessel_k0(x: f32) -> f32 {
  return wg_bessel_k_domain(x, wg_k0_positive(x, false));
}

fn wg_bessel_k1(x: f32) -> f32 {
  return wg_bessel_k_domain(x, wg_k1_positive(x, false));
}

fn wg_scaled_k0(x: f32) -> f32 {
  return wg_bessel_k_domain(x, wg_k0_positive(x, true));
}

fn wg_scaled_k1(x: f32) -> f32 {
  return wg_bessel_k_domain(x, wg_k1_positive(x, true));
}

// sin(x) / x; 1 below 1e-19 and 0 at infinity.
fn wg_spherical_bessel_j0(x: f32) -> f32 {
  let tiny = (bitcast<u32>(x) & wg_magnitude_bits) < 0x20000000u;
  let y = wg_choose_bits(wg_sin(x) / select(x, 1.0, tiny), 0x3f800000u, tiny);
  return wg_choose_bits(y, 0u, wg_is_inf(x));
}

// Ai(x) for -4 <= x <= 1, of t = (x + 1.5) / 2.5.
fn wg_airy_middle(t: f32) -> f32 {
  var p = ((0.000485812663 * t + 0.000464065059) * t - 0.00617904682) * t + 0.00412767194;
  p = (((p * t + 0.0287690088) * t - 0.0648753494) * t - 0.016395634) * t + 0.27669844;
  p = (((p * t - 0.363922) * t - 0.33348307) * t + 1.38655257) * t - 0.845090687;
  p = (((p * t - 1.70073903) * t + 2.70661831) * t + 0.0012398921) * t - 2.1762023;
  return (p * t + 0.772967398) * t + 0.464256585;
}

// 2 sqrt(pi) x^(1/4) e^z Ai(x) for x >= 1, of t = 2 / (3 z) with z = 2/3 x^(3/2).
fn wg_airy_right(t: f32) -> f32 {
  var p = ((-0.0171540212 * t + 0.0924397036) * t - 0.218688607) * t + 0.30248329;
  p = (((p * t - 0.278849542) * t + 0.191938266) * t - 0.116674155) * t + 0.0827815235;
  return (p * t - 0.104144789) * t + 0.999999881;
}

// The cosine's and the sine's share for x <= -4, of t = (16 / (3 z))^2.
fn wg_airy_cosine(t: f32) -> f32 {
  return (((1.67643213e-6 * t - 1.07643882e-5) * t + 7.06623468e-5) * t - 0.00130540493) * t + 1.0;
}

fn wg_airy_sine(t: f32) -> f32 {
  return (((1.02593697e-6 * t - 5.65982464e-6) * t + 2.64555456e-5) * t - 0.000250390352) * t + 0.0130208321;
}

// NaN at infinity, as PyTorch; below the normal numbers from 26 on.
fn wg_airy_ai(x: f32) -> f32 {
  let middle = wg_airy_middle((clamp(x, -4.0, 1.0) + 1.5) / 2.5);
  let a = clamp(wg_abs(x), 1.0, 1.0e20);
  let root = sqrt(a);
  let z = 0.666666667 * a * root;
  let right = 0.282094792 / sqrt(root) * wg_airy_right(0.666666667 / z) * wg_exp(-z);
  let r = 5.33333333 / max(z, 5.33333333);
  let t = r * r;
  let turned = z - 0.785398163;
  let left = 0.564189584 / sqrt(root) * (wg_airy_cosine(t) * wg_cos(turned) + r * wg_airy_sine(t) * wg_sin(turned));
  let y = select(select(middle, right, x > 1.0), left, x < -4.0);
  return wg_choose_bits(y, wg_nan_bits, !wg_is_finite(x));
}
