// Special values by their bits: NaN, infinity, signs, comparisons, extrema.
//
// WGSL lets an implementation assume that NaN and infinity never occur, and adapters use it: `x != x` may be false for
// NaN, `max(NaN, 0)` may be 0. Integers carry no such licence. So every test below reads bitcast<u32>(x), and every
// special result is chosen between integers and bitcast last. NaN, infinity and the sign of zero are PyTorch's.
//
// All files of this folder form one prelude that the builder cuts by name and joins as a kernel needs it:
//   - a declaration is a top-level `fn` or one-line `const`, named `wg_...`, unique over the folder, never overloaded;
//   - it starts at column 0, and ends with `}` at column 0 (fn) or with `;` on its first line (const);
//   - it uses only declarations of this folder and WGSL's builtins, no bindings and no entry points.
// Conditions are joined by & and |: && and || are branches, which cost more than a comparison. Software adapters run
// every branch under a mask, and take ten times as long for a shift, a conversion to integers or a clamp as for a sum.
// Values are f32 unless the name says otherwise; denormals may be flushed to zero by the adapter.

// Bit patterns of binary32: sign 1, exponent 8 (bias 127), fraction 23.
const wg_sign_bit: u32 = 0x80000000u;
const wg_magnitude_bits: u32 = 0x7fffffffu;
const wg_infinity_bits: u32 = 0x7f800000u;
const wg_nan_bits: u32 = 0x7fc00000u;

// `bits` where `condition` holds, else `value`. The choice is between integers: no floating-point rule applies to it.
fn wg_choose_bits(value: f32, bits: u32, condition: bool) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(value), bits, condition));
}

// x itself, but opaque: no compiler may cancel, reassociate or contract through it. Error-free transformations need it
// ((a + b) - a is b to an optimiser). The pattern compared with is one signalling NaN that no computation produces.
fn wg_keep(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0u, bits == 0x7fa5c3e1u));
}

// x itself for zero = 0, which comes as a parameter, so that no compiler knows it: what follows sees nothing of how x
// was computed. Several times cheaper than wg_keep.
fn wg_settle(x: f32, zero: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ zero);
}

// NaN and infinity at run time (as constants they are errors of the shader).
fn wg_nan() -> f32 {
  var bits = wg_nan_bits;
  return bitcast<f32>(bits);
}

fn wg_inf() -> f32 {
  var bits = wg_infinity_bits;
  return bitcast<f32>(bits);
}

fn wg_is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & wg_magnitude_bits) > wg_infinity_bits;
}

fn wg_is_inf(x: f32) -> bool {
  return (bitcast<u32>(x) & wg_magnitude_bits) == wg_infinity_bits;
}

fn wg_is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & wg_magnitude_bits) < wg_infinity_bits;
}

// max(x, 0) with NaN kept: every pattern from -0 to -infinity becomes 0.
fn wg_relu(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0u, bits - wg_sign_bit <= wg_infinity_bits));
}

// Whether the sign bit is set: true for -0 and for negative NaN.
fn wg_signbit(x: f32) -> bool {
  return bitcast<u32>(x) >= wg_sign_bit;
}

// |x| and -x; both act on NaN as well, which keeps its payload.
fn wg_abs(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & wg_magnitude_bits);
}

fn wg_neg(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ wg_sign_bit);
}

// Magnitude of `magnitude`, sign bit of `sign`.
fn wg_copysign(magnitude: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(magnitude) & wg_magnitude_bits) | (bitcast<u32>(sign) & wg_sign_bit));
}

// |x| as an integer: of two numbers the larger has the larger one, NaN a larger one than infinity.
fn wg_magnitude(x: f32) -> u32 {
  return bitcast<u32>(x) & wg_magnitude_bits;
}

// The extremum of two numbers; either of them where one is NaN, for loops that find NaN by wg_magnitude.
fn wg_larger(a: f32, b: f32) -> f32 {
  return select(a, b, b > a);
}

fn wg_smaller(a: f32, b: f32) -> f32 {
  return select(a, b, b < a);
}

// -1, 0 or 1; 0 for -0 and, as torch.sign has it, for NaN.
fn wg_sign(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & wg_magnitude_bits;
  let one = 0x3f800000u | (bits & wg_sign_bit);
  return bitcast<f32>(select(0u, one, (magnitude != 0u) & (magnitude <= wg_infinity_bits)));
}

// A number of the same order as x: ordered as i32, -0 and 0 alike. Meaningless for NaN. Denormals keep their order.
fn wg_order(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = i32(bits & wg_magnitude_bits);
  return select(magnitude, -magnitude, bits >= wg_sign_bit);
}

// The same for the bits of x, with NaN above all numbers, as sorting has it.
fn wg_order_of_bits(bits: i32) -> i32 {
  let magnitude = bits & 0x7fffffff;
  let order = select(magnitude, -magnitude, bits < 0);
  return select(order, 0x7fffffff, magnitude > 0x7f800000);
}

// Neither is NaN.
fn wg_ordered(a: f32, b: f32) -> bool {
  let larger = max(bitcast<u32>(a) & wg_magnitude_bits, bitcast<u32>(b) & wg_magnitude_bits);
  return larger <= wg_infinity_bits;
}

// Comparisons: each is false where an operand is NaN, but `ne`, which is then true.
fn wg_eq(a: f32, b: f32) -> bool {
  return wg_ordered(a, b) & (wg_order(a) == wg_order(b));
}

fn wg_ne(a: f32, b: f32) -> bool {
  return !wg_eq(a, b);
}

fn wg_lt(a: f32, b: f32) -> bool {
  return wg_ordered(a, b) & (wg_order(a) < wg_order(b));
}

fn wg_le(a: f32, b: f32) -> bool {
  return wg_ordered(a, b) & (wg_order(a) <= wg_order(b));
}

fn wg_gt(a: f32, b: f32) -> bool {
  return wg_ordered(a, b) & (wg_order(a) > wg_order(b));
}

fn wg_ge(a: f32, b: f32) -> bool {
  return wg_ordered(a, b) & (wg_order(a) >= wg_order(b));
}

// Larger and smaller; NaN where either is NaN (torch.maximum, torch.minimum, relu, clamp, amax). Two denormals may
// count as equal.
fn wg_maximum(a: f32, b: f32) -> f32 {
  let chosen = select(bitcast<u32>(b), bitcast<u32>(a), a > b);
  return bitcast<f32>(select(wg_nan_bits, chosen, wg_ordered(a, b)));
}

fn wg_minimum(a: f32, b: f32) -> f32 {
  let chosen = select(bitcast<u32>(b), bitcast<u32>(a), a < b);
  return bitcast<f32>(select(wg_nan_bits, chosen, wg_ordered(a, b)));
}

// The same, but NaN only where both are NaN: a lone NaN yields the other operand (torch.fmax, torch.fmin).
fn wg_fmax(a: f32, b: f32) -> f32 {
  let chosen = select(bitcast<u32>(b), bitcast<u32>(a), wg_order(a) > wg_order(b));
  let number = select(chosen, bitcast<u32>(b), wg_is_nan(a));
  return bitcast<f32>(select(number, bitcast<u32>(a), wg_is_nan(b)));
}

fn wg_fmin(a: f32, b: f32) -> f32 {
  let chosen = select(bitcast<u32>(b), bitcast<u32>(a), wg_order(a) < wg_order(b));
  let number = select(chosen, bitcast<u32>(b), wg_is_nan(a));
  return bitcast<f32>(select(number, bitcast<u32>(a), wg_is_nan(b)));
}

// 0 below 0 and for NaN, 1 above, `at_zero` at 0.
fn wg_heaviside(x: f32, at_zero: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let step = select(0u, 0x3f800000u, (bits - 1u) < wg_infinity_bits);
  return bitcast<f32>(select(step, bitcast<u32>(at_zero), (bits & wg_magnitude_bits) == 0u));
}

// The float next to x towards y, denormals included: one step of the bits away from 0 or towards it. y where both are
// equal (so 0 and -0), NaN where either is.
fn wg_nextafter(x: f32, y: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let rises = wg_order(x) < wg_order(y);
  let moved = select(bits - 1u, bits + 1u, rises == (bits < wg_sign_bit));
  let stepped = select(moved, select(wg_sign_bit + 1u, 1u, rises), (bits & wg_magnitude_bits) == 0u);
  let found = select(stepped, bitcast<u32>(y), wg_order(x) == wg_order(y));
  return bitcast<f32>(select(wg_nan_bits, found, wg_ordered(x, y)));
}
