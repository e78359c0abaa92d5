// out[i] = formula of what is read at i, for every i: any number of formulas, inputs and outputs over one index space.
//
// Shapes: `size` elements, numbered in the order in which the first output lies. What lies in another order is read by
// coordinates of the collapsed shape (hook COORDINATES): its place is an offset plus the sum of coordinate times stride.
// Numbers of the user's are fields of Params, not text.
//
// Who owns what: a thread owns `lanes` neighbouring elements, 1, 4 (a vector) or 16 (four vectors, one index), in
// workgroups of 128 on a grid of two dimensions, because one dimension holds 65,535. No workgroup memory: nothing is shared.
//
// Why 16: every index into a buffer is checked, so one index should bring much; software adapters gain most from it,
// while on hardware 4 let neighbouring threads read neighbouring vectors.
//
// Hooks: TYPES what one index brings, FIELDS what Params says of the operands, BUFFERS the operands, COORDINATES, VALUES
// the reads and formulas, STORES.

// #hook TYPES
const lanes = 1u;
// #end

struct Params {
  size: u32,
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
  let i = (thread.x + thread.y * groups.x * 128u) * lanes;
  if (i >= params.size) {
    return;
  }
  // #hook COORDINATES
  // #end
  // #hook VALUES
  let value = in[params.offset_in + i];
  // #end
  // #hook STORES
  out[params.offset_out + i] = value;
  // #end
}
