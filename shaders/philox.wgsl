// out[i] = a uniform number of [0, 1) for element i, by Philox4x32-10: key = seed, counter = (i / 4, 0, offset, 0),
// lane i % 4. The same integers as the host draws; no state, so a recomputation draws the same numbers.
//
// Shapes: out `size` elements, dense. Who owns what: one thread four elements, which one block of the generator gives.

struct Params {
  size: u32,
  offset_out: u32,
  seed_low: u32,
  seed_high: u32,
  draw: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let block = thread.x + thread.y * groups.x * 64u;
  if (block * 4u >= params.size) {
    return;
  }
  let words = wg_philox(vec4u(block, 0u, params.draw, 0u), vec2u(params.seed_low, params.seed_high));
  for (var lane = 0u; lane < 4u; lane++) {
    if (block * 4u + lane < params.size) {
      out[params.offset_out + block * 4u + lane] = wg_unit_float(words[lane]);
    }
  }
}
