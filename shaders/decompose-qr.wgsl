// A = Q R by Householder reflections H = I - tau v v^T, with LAPACK's signs (geqr2, org2r): the diagonal of R is negative
// where the column had something below it and began positive.
//
// Shapes: x (batches, rows, columns) with rows >= columns and any strides; out a line a matrix: Q (rows x size, where size is
// columns or rows), R (size x columns), tau (columns).
// Who owns what: a workgroup a matrix. The columns of A and then the v lie in the first columns of Q, whose columns are made
// over them from the last to the first. Lanes share the columns that a reflection is applied to.

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
var<workgroup> shares: array<f32, lanes>;

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
  let width = params.size;
  let q = params.offset_out + batch * params.line;
  let r = q + m * width;
  let taus = r + width * n;
  let source = params.offset_x + batch * params.x_batch;
  for (var e = lane; e < m * width; e += lanes) {
    let i = e / width;
    let j = e % width;
    if (j < n) {
      out[q + e] = x[source + i * params.x_row + j * params.x_column];
    } else {
      out[q + e] = select(0.0, 1.0, i == j);
    }
  }
  storageBarrier();
  for (var k = 0u; k < n; k++) {
    // The length of the column below the diagonal, scaled so that squares neither overflow nor vanish.
    var largest = 0.0;
    for (var i = k + 1u + lane; i < m; i += lanes) {
      largest = max(largest, abs(out[q + i * width + k]));
    }
    shares[lane] = largest;
    workgroupBarrier();
    for (var other = 0u; other < lanes; other++) {
      largest = max(largest, shares[other]);
    }
    workgroupBarrier();
    let scale = select(1.0, largest, largest > 0.0);
    var total = 0.0;
    for (var i = k + 1u + lane; i < m; i += lanes) {
      let part = out[q + i * width + k] / scale;
      total += part * part;
    }
    shares[lane] = total;
    workgroupBarrier();
    total = 0.0;
    for (var other = 0u; other < lanes; other++) {
      total += shares[other];
    }
    let alpha = out[q + k * width + k];
    let norm = wg_hypot(alpha, scale * wg_sqrt(total));
    let beta = select(norm, -norm, alpha >= 0.0);
    let still = largest == 0.0;
    let tau = select((beta - alpha) / select(beta, 1.0, still), 0.0, still);
    workgroupBarrier();
    storageBarrier();
    for (var i = k + 1u + lane; i < m; i += lanes) {
      out[q + i * width + k] /= select(alpha - beta, 1.0, still);
    }
    if (lane == 0u) {
      out[taus + k] = tau;
      if (!still) {
        out[q + k * width + k] = beta;
      }
    }
    storageBarrier();
    for (var j = k + 1u + lane; j < n; j += lanes) {
      var along = out[q + k * width + j];
      for (var i = k + 1u; i < m; i++) {
        along += out[q + i * width + k] * out[q + i * width + j];
      }
      along *= tau;
      out[q + k * width + j] -= along;
      for (var i = k + 1u; i < m; i++) {
        out[q + i * width + j] -= along * out[q + i * width + k];
      }
    }
    storageBarrier();
  }
  for (var e = lane; e < width * n; e += lanes) {
    let i = e / n;
    let j = e % n;
    var value = 0.0;
    if (i <= j) {
      value = out[q + i * width + j];
    }
    out[r + e] = value;
  }
  storageBarrier();
  for (var step = 0u; step < n; step++) {
    let k = n - 1u - step;
    let tau = out[taus + k];
    for (var j = k + 1u + lane; j < width; j += lanes) {
      var along = 0.0;
      for (var i = k + 1u; i < m; i++) {
        along += out[q + i * width + k] * out[q + i * width + j];
      }
      along *= tau;
      out[q + k * width + j] = -along;
      for (var i = k + 1u; i < m; i++) {
        out[q + i * width + j] -= along * out[q + i * width + k];
      }
    }
    storageBarrier();
    for (var i = lane; i < m; i += lanes) {
      let at = q + i * width + k;
      if (i < k) {
        out[at] = 0.0;
      } else if (i == k) {
        out[at] = 1.0 - tau;
      } else {
        out[at] *= -tau;
      }
    }
    storageBarrier();
  }
}
