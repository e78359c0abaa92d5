// out[l, m] = how many elements of row l of `sorted` lie before values[l, m] (not behind it, where RIGHT says so).
//
// Shapes: sorted (lines, count) and values (lines, each), both with any strides (0 where all lines search one row); out
// (lines, each), dense. Rows rise and end in NaN, which counts as larger than any number. Elements are compared by integer
// keys in their order, as in sort-runs.wgsl.
// Who owns what: one thread a value, which bisects its row.
//
// Hooks: KEY the key of an element, BEFORE whether an element counts.

struct Params {
  size: u32,
  each: u32,
  count: u32,
  offset_sorted: u32,
  sorted_line: u32,
  sorted_count: u32,
  offset_values: u32,
  values_line: u32,
  values_each: u32,
  offset_out: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sorted: array<i32>;
@group(0) @binding(2) var<storage, read> values: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<i32>;

fn key(bits: i32) -> i32 {
  // #hook KEY
  return bits;
  // #end
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.size) {
    return;
  }
  let line = index / params.each;
  let value = key(values[params.offset_values + line * params.values_line + (index - line * params.each) * params.values_each]);
  let row = params.offset_sorted + line * params.sorted_line;
  var low = 0u;
  var high = params.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    let element = key(sorted[row + middle * params.sorted_count]);
    // #hook BEFORE
    let before = element < value;
    // #end
    low = select(low, middle + 1u, before);
    high = select(middle, high, before);
  }
  out[params.offset_out + index] = i32(low);
}
