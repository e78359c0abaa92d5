// A = L L^T of symmetric positive definite matrices, column by column; only the lower triangle of A is read.
//
// Shapes: x (batches, rows, rows) with any strides; out a line a matrix: L (rows x rows, zeros above the diagonal) and info:
// 0, or the order (from 1) of the first leading minor that is not positive definite. L is 0 from that column on.
// Who owns what: a workgroup a matrix; lanes share the rows. Each lane computes the diagonal element for itself, so a column
// costs one barrier.

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
  let n = params.rows;
  let l = params.offset_out + batch * params.line;
  let source = params.offset_x + batch * params.x_batch;
  var info = 0u;
  for (var j = 0u; j < n; j++) {
    var square = x[source + j * params.x_row + j * params.x_column];
    for (var k = 0u; k < j; k++) {
      let term = out[l + j * n + k];
      square -= term * term;
    }
    if (info == 0u && !wg_gt(square, 0.0)) {
      info = j + 1u;
    }
    let diagonal = wg_sqrt(max(square, 0.0));
    for (var i = lane; i < n; i += lanes) {
      var value = 0.0;
      if (info == 0u && i == j) {
        value = diagonal;
      } else if (info == 0u && i > j) {
        value = x[source + i * params.x_row + j * params.x_column];
        for (var k = 0u; k < j; k++) {
          value -= out[l + i * n + k] * out[l + j * n + k];
        }
        value /= diagonal;
      }
      out[l + i * n + j] = value;
    }
    storageBarrier();
  }
  if (lane == 0u) {
    out[l + n * n] = f32(info);
  }
}
