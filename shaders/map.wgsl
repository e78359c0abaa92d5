// out[i] = formula of what is read at i, for every i: any number of formulas, inputs and outputs over one index space.
//
// Shapes: `threads` times 1, 4 or 16 elements, numbered in the order in which the first output lies. What lies in another
// order is read by coordinates of the collapsed shape: its place is an offset plus the sum of coordinate times stride.
// Numbers of the user's are fields of Params, not text.
//
// Who owns what: thread t owns the 1, 4 (a vector) or 16 (a block of four vectors) elements with number t, in workgroups
// of 128 on a grid of two dimensions, because one dimension holds 65,535. No workgroup memory: nothing is shared.
//
// Why 16: every index into a buffer is checked, so one index should bring much; software adapters gain most from it,
// while on hardware 4 let neighbouring threads read neighbouring vectors. A block is worked off vector by vector, so that
// few values are alive at once.
//
// Hooks: TYPES what one index brings, FIELDS what Params says of the operands, BUFFERS the operands, ELEMENTS what a
// thread does.

// #hook TYPES
// #end

struct Params {
  threads: u32,
  // #hook FIELDS
  offset_in: u32,
  offset_out: u32,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;

// #hook BUFFERS
@group(0) @binding(1) var<storage, read> in: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
// #end

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let t = thread.x + thread.y * groups.x * 128u;
  if (t >= params.threads) {
    return;
  }
  // #hook ELEMENTS
  out[params.offset_out + t] = in[params.offset_in + t];
  // #end
}
