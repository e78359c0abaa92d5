// Conversions between f32, i32, u8 and bool, and i32 arithmetic without undefined cases.
// The header of bits.wgsl says how this folder is cut and used. A uint8 or bool value is a u32 here.

// Truncates towards zero and keeps the low 32 bits, as JavaScript's ToInt32 and as the low word of PyTorch's int64.
// NaN and infinity give 0, and so does every multiple of 2^32.
fn wg_f32_to_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = (bits >> 23u) & 255u;
  let significand = (bits & 0x007fffffu) | 0x00800000u;
  // |x| = significand * 2^(exponent - 150): below 1 under 127, all bits above the 32nd from 182 on.
  let right = significand >> min(150u - min(exponent, 150u), 31u);
  let left = significand << min(max(exponent, 150u) - 150u, 31u);
  let magnitude = select(select(right, left, exponent > 150u), 0u, (exponent < 127u) | (exponent >= 182u));
  return bitcast<i32>(select(magnitude, ~magnitude + 1u, bits >= 0x80000000u));
}

// The low 8 bits of the truncated value: -1 gives 255, 300 gives 44.
fn wg_f32_to_u8(x: f32) -> u32 {
  return bitcast<u32>(wg_f32_to_i32(x)) & 255u;
}

fn wg_i32_to_u8(x: i32) -> u32 {
  return bitcast<u32>(x) & 255u;
}

// Anything but 0 and -0 is true, NaN too.
fn wg_f32_to_bool(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}

// a / b towards zero; b = 0 gives 0 (PyTorch throws, a kernel cannot), INT_MIN / -1 wraps to INT_MIN.
fn wg_i32_trunc_divide(a: i32, b: i32) -> i32 {
  let wraps = (a == i32(-2147483647 - 1)) & (b == -1);
  let quotient = a / select(b, 1, (b == 0) | wraps);
  return select(quotient, 0, b == 0);
}

// The rest of that division, with the sign of a; 0 for b = 0.
fn wg_i32_fmod(a: i32, b: i32) -> i32 {
  return select(a - wg_i32_trunc_divide(a, b) * b, 0, b == 0);
}

// The rest with the sign of b, Python's %; 0 for b = 0.
fn wg_i32_remainder(a: i32, b: i32) -> i32 {
  let rest = wg_i32_fmod(a, b);
  return select(rest, rest + b, (rest != 0) & ((rest ^ b) < 0));
}

// a / b towards minus infinity, Python's //; 0 for b = 0, INT_MIN for INT_MIN / -1.
fn wg_i32_floor_divide(a: i32, b: i32) -> i32 {
  let quotient = wg_i32_trunc_divide(a, b);
  let rest = wg_i32_fmod(a, b);
  return select(quotient, quotient - 1, (rest != 0) & ((rest ^ b) < 0));
}

// base^exponent modulo 2^32 by repeated squaring. A negative exponent keeps what is an integer: 1 for base 1, 1 or -1
// for base -1, else 0 (as PyTorch; base 0 included).
fn wg_i32_pow(base: i32, exponent: i32) -> i32 {
  var result = 1u;
  var square = bitcast<u32>(base);
  var rest = bitcast<u32>(max(exponent, 0));
  for (var bit = 0u; bit < 32u; bit++) {
    if (rest == 0u) {
      break;
    }
    result = select(result, result * square, (rest & 1u) == 1u);
    square = square * square;
    rest = rest >> 1u;
  }
  let reciprocal = select(select(0, select(1, -1, (exponent & 1) == 1), base == -1), 1, base == 1);
  return select(bitcast<i32>(result), reciprocal, exponent < 0);
}

// Shifts by any amount: what leaves the word is gone, and a negative or too large amount shifts everything out.
fn wg_i32_shift_left(a: i32, amount: i32) -> i32 {
  let count = bitcast<u32>(amount);
  return select(bitcast<i32>(bitcast<u32>(a) << (count & 31u)), 0, count > 31u);
}

fn wg_i32_shift_right(a: i32, amount: i32) -> i32 {
  return a >> min(bitcast<u32>(amount), 31u);
}

// Euclid's algorithm on magnitudes: at most 46 turns for 32 bits. 0 for two zeros.
fn wg_i32_gcd(a: i32, b: i32) -> i32 {
  var large = select(bitcast<u32>(a), ~bitcast<u32>(a) + 1u, a < 0);
  var small = select(bitcast<u32>(b), ~bitcast<u32>(b) + 1u, b < 0);
  for (var turn = 0u; turn < 48u; turn++) {
    if (small == 0u) {
      break;
    }
    let rest = large % small;
    large = small;
    small = rest;
  }
  return bitcast<i32>(large);
}

// |a / gcd b| modulo 2^32; 0 where one is 0.
fn wg_i32_lcm(a: i32, b: i32) -> i32 {
  let divisor = wg_i32_gcd(a, b);
  return select(abs(wg_i32_trunc_divide(a, divisor) * b), 0, divisor == 0);
}
