// The order of rows that a list of swaps makes: row i of P^T A is row out[i] of A, after step k swapped k with pivot - 1.
//
// Shapes: x (batches, 1, columns), the pivots of LU as floats, with any strides; out (batches, size), an order of size rows.
// Who owns what: lane 0 of a workgroup a list: each swap depends on those before.

struct Params {
  batches: u32,
  rows: u32,
  columns: u32,
  size: u32,
  offset_x: u32,
  x_batch: u32,
  x_row: u32,
  x_column: u32,
  offset_out: u32,
  line: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

// Threads of the workgroup.
override lanes: u32 = 64u;

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let batch = group.x + group.y * groups.x;
  if (batch >= params.batches) {
    return;
  }
  let order = params.offset_out + batch * params.line;
  for (var i = lane; i < params.size; i += lanes) {
    out[order + i] = f32(i);
  }
  storageBarrier();
  if (lane > 0u) {
    return;
  }
  for (var k = 0u; k < params.columns; k++) {
    let pivot = x[params.offset_x + batch * params.x_batch + k * params.x_column];
    let other = clamp(u32(pivot), 1u, params.size) - 1u;
    let kept = out[order + k];
    out[order + k] = out[order + other];
    out[order + other] = kept;
  }
}
