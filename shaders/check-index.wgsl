// out[i] = index[i], counted from the end where negative; an entry outside becomes 0 and sets the word of this check in
// `status`, from where the next read fails.
//
// Shapes: index `size` elements, dense; out the same. Status: a word a check (their number is bounded, so distant checks
// share one), 0 while all is well.
// Who owns what: one thread an entry.

struct Params {
  size: u32,
  offset_index: u32,
  // The entries may be -length .. length - 1, or 0 .. length - 1 where `negative` is 0.
  length: i32,
  negative: u32,
  check: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> out: array<i32>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread.x + thread.y * groups.x * 64u;
  if (at >= params.size) {
    return;
  }
  let given = index[params.offset_index + at];
  let lowest = select(0, -params.length, params.negative != 0u);
  if (given < lowest || given >= params.length) {
    atomicStore(&status[params.check], 1u);
    out[at] = 0;
  } else {
    out[at] = select(given, given + params.length, given < 0);
  }
}
