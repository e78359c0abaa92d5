// out[o, j, i] = x[o, index[o, j, i], i].
//
// Shapes: x (outer, length, inner) and index (outer, count, inner), both with any strides (0 where an index is shared by
// a whole row); out (outer, count, inner), dense. Entries of index are known to be inside (kernel checkIndex).
// Who owns what: one thread an element of out; neighbours share o and j and read along inner.
//
// Hook: ELEMENT the type of x and out.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  size: u32,
  count: u32,
  inner: u32,
  offset_x: u32,
  x_outer: u32,
  x_length: u32,
  x_inner: u32,
  offset_index: u32,
  index_outer: u32,
  index_count: u32,
  index_inner: u32,
  offset_out: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<Element>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread.x + thread.y * groups.x * 64u;
  if (at >= params.size) {
    return;
  }
  let i = at % params.inner;
  let j = at / params.inner % params.count;
  let o = at / params.inner / params.count;
  let picked = u32(index[params.offset_index + o * params.index_outer + j * params.index_count + i * params.index_inner]);
  out[params.offset_out + at] = x[params.offset_x + o * params.x_outer + picked * params.x_length + i * params.x_inner];
}
