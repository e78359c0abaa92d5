// out[i] = formula(a[..], b[..], c[..]) for every i: one element a thread, each input read through its own layout.
//
// Shapes: the output has `size` elements, numbered in the order in which they lie; where an input (or the output) lies in
// another order, the number is split into coordinates of the collapsed shape (hook COORDINATES) and each place is its
// offset plus the sum of coordinate times stride. Numbers of the user's are fields of Params, not text.
//
// Who owns what: thread i owns element i; workgroups of 64 in a grid of two dimensions, because one dimension holds
// 65,535. No workgroup memory: nothing is shared.
//
// Hooks: BUFFERS the inputs and the output, FIELDS what Params says of them, COORDINATES, LOAD, VALUE and STORE.

struct Params {
  size: u32,
  // #hook FIELDS
  offset_a: u32,
  offset_out: u32,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;

// #hook BUFFERS
@group(0) @binding(1) var<storage, read> in_a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
// #end

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  // #hook COORDINATES
  // #end
  // #hook LOAD
  let a = in_a[params.offset_a + i];
  // #end
  // #hook VALUE
  let value = a;
  // #end
  // #hook STORE
  out[params.offset_out + i] = value;
  // #end
}
