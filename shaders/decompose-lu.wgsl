// P A = L U with partial pivoting: row k of U is final after step k, and the factors of L stand in the places of the zeros.
//
// Shapes: x (batches, rows, columns) with any strides; out a line a matrix: LU (rows x columns), the pivots (step k swapped
// row k with row pivot - 1), and info: 0, or the first step (from 1) whose pivot is 0.
// Who owns what: a workgroup a matrix, in the memory of its line. Lanes share the rows of the search and of the division, and
// the columns of swaps and updates, so that neighbours touch neighbours. Of equal candidates the first row wins (LAPACK's idamax).

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
var<workgroup> best_size: array<f32, lanes>;
var<workgroup> best_row: array<u32, lanes>;

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
  let m = params.rows;
  let n = params.columns;
  let a = params.offset_out + batch * params.line;
  let source = params.offset_x + batch * params.x_batch;
  for (var e = lane; e < m * n; e += lanes) {
    out[a + e] = x[source + e / n * params.x_row + e % n * params.x_column];
  }
  storageBarrier();
  let steps = min(m, n);
  var info = 0u;
  for (var k = 0u; k < steps; k++) {
    var size = -1.0;
    var row = k;
    for (var i = k + lane; i < m; i += lanes) {
      let candidate = abs(out[a + i * n + k]);
      if (candidate > size) {
        size = candidate;
        row = i;
      }
    }
    best_size[lane] = size;
    best_row[lane] = row;
    workgroupBarrier();
    size = best_size[0];
    row = best_row[0];
    for (var other = 1u; other < lanes; other++) {
      let candidate = best_size[other];
      if (candidate > size || (candidate == size && best_row[other] < row)) {
        size = candidate;
        row = best_row[other];
      }
    }
    let pivot = out[a + row * n + k];
    workgroupBarrier();
    storageBarrier();
    if (row != k) {
      for (var j = lane; j < n; j += lanes) {
        let kept = out[a + k * n + j];
        out[a + k * n + j] = out[a + row * n + j];
        out[a + row * n + j] = kept;
      }
    }
    if (lane == 0u) {
      out[a + m * n + k] = f32(row + 1u);
    }
    storageBarrier();
    if (pivot == 0.0) {
      info = select(info, k + 1u, info == 0u);
    } else {
      for (var i = k + 1u + lane; i < m; i += lanes) {
        out[a + i * n + k] /= pivot;
      }
    }
    storageBarrier();
    for (var i = k + 1u; i < m; i++) {
      let factor = out[a + i * n + k];
      for (var j = k + 1u + lane; j < n; j += lanes) {
        out[a + i * n + j] -= factor * out[a + k * n + j];
      }
    }
    storageBarrier();
  }
  if (lane == 0u) {
    out[a + m * n + steps] = f32(info);
  }
}
