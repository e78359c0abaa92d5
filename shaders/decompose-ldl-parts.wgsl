// What an LDL^T and its pivots say of a matrix A = P L D L^T P^T: L with the swaps of all steps in its rows, D^-1, the order of rows.
//
// Shapes: x (batches, n, n + 1) with any strides, LD beside a column of pivots (decompose-ldl.wgsl); out a line a matrix: L (n x n, a
// unit lower triangle), the diagonal of D^-1 (n), what stands beside it (n: element k at (k + 1, k)), and the order of the rows (n).
// Who owns what: a workgroup a matrix, in the memory of its line. A step swaps rows of the columns before it, which lanes share.

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
  let a = params.offset_out + batch * params.line;
  let diagonal = a + n * n;
  let beside = diagonal + n;
  let order = beside + n;
  let source = params.offset_x + batch * params.x_batch;
  for (var i = lane; i < n; i += lanes) {
    out[order + i] = f32(i);
    out[beside + i] = 0.0;
  }
  for (var e = lane; e < n * n; e += lanes) {
    out[a + e] = select(0.0, 1.0, e / n == e % n);
  }
  storageBarrier();
  for (var k = 0u; k < n;) {
    let pivot = x[source + k * params.x_row + n * params.x_column];
    // A line of other numbers than pivots stays within the matrix.
    let block = select(1u, 2u, (pivot < 0.0) & (k + 1u < n));
    let last = k + block - 1u;
    let other = u32(clamp(abs(pivot), 1.0, f32(n))) - 1u;
    for (var j = lane; j < k; j += lanes) {
      let kept = out[a + last * n + j];
      out[a + last * n + j] = out[a + other * n + j];
      out[a + other * n + j] = kept;
    }
    for (var i = last + 1u + lane; i < n; i += lanes) {
      for (var j = k; j <= last; j++) {
        out[a + i * n + j] = x[source + i * params.x_row + j * params.x_column];
      }
    }
    if (lane == 0u) {
      let kept = out[order + last];
      out[order + last] = out[order + other];
      out[order + other] = kept;
      let own = x[source + k * params.x_row + k * params.x_column];
      if (block == 1u) {
        out[diagonal + k] = 1.0 / own;
      } else {
        let off = x[source + last * params.x_row + k * params.x_column];
        let first = own / off;
        let second = x[source + last * params.x_row + last * params.x_column] / off;
        let scale = off * (first * second - 1.0);
        out[diagonal + k] = second / scale;
        out[diagonal + last] = first / scale;
        out[beside + k] = -1.0 / scale;
      }
    }
    storageBarrier();
    k += block;
  }
}
