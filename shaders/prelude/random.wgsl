// Random bits from a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3,
// SC 2011). Stateless: element and draw number make the counter, the seed makes the key, so that a recomputation draws
// the same numbers. The header of bits.wgsl says how this folder is cut and used.

// The 64-bit product of a and b as (low, high), by 16-bit halves.
fn wg_multiply_wide(a: u32, b: u32) -> vec2u {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let low = a_low * b_low;
  // Both sums stay below 2^32: (2^16 - 1)^2 + 2 (2^16 - 1) = 2^32 - 1.
  let first = a_high * b_low + (low >> 16u);
  let second = a_low * b_high + (first & 0xffffu);
  return vec2u((second << 16u) | (low & 0xffffu), a_high * b_high + (first >> 16u) + (second >> 16u));
}

// Four random words for a 128-bit counter and a 64-bit key. Ten rounds; the key grows by the golden ratio and sqrt(3) -
// 1.
fn wg_philox(counter: vec4u, key: vec2u) -> vec4u {
  var state = counter;
  var round_key = key;
  for (var turn = 0u; turn < 10u; turn++) {
    let first = wg_multiply_wide(0xd2511f53u, state.x);
    let second = wg_multiply_wide(0xcd9e8d57u, state.z);
    state = vec4u(second.y ^ state.y ^ round_key.x, second.x, first.y ^ state.w ^ round_key.y, first.x);
    round_key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return state;
}

// A uniform number of [0, 1) from the upper 24 bits: a multiple of 2^-24, each as likely as the other.
fn wg_unit_float(bits: u32) -> f32 {
  return f32(bits >> 8u) * 5.9604644775390625e-8;
}
