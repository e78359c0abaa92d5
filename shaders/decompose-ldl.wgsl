// A = P L D L^T P^T of symmetric matrices from their lower triangles, with blocks of 1 or 2 in D: the pivots of Bunch and Kaufman
// (1977) as LAPACK's sytf2 takes them, which leaves the finished columns of L where they are.
//
// Shapes: x (batches, n, n) with any strides; out a line a matrix: LD (n x n, 0 above the diagonal), the pivots (k + 1 of the row
// that was swapped in, twice its negative for a block of 2), and info: 0, or the first column (from 1) that was 0.
// Who owns what: a workgroup a matrix, in the memory of its line. All lanes choose the pivot alike, from the same numbers; they share
// the rows of swaps and of updates.

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
// A pivot below this share of its column is not taken alone: (1 + sqrt(17)) / 8.
const share = 0.6403882032022076;
// How many columns the step takes, and the row that comes to its last one: what lane 0 chose.
var<workgroup> chosen: vec2u;

// The columns that step k takes (0: there is nothing in them), and the row that is swapped in.
fn choose(a: u32, n: u32, k: u32) -> vec2u {
  let own = abs(out[a + k * n + k]);
  var largest = 0.0;
  var at = k;
  for (var i = k + 1u; i < n; i++) {
    let candidate = abs(out[a + i * n + k]);
    if (candidate > largest) {
      largest = candidate;
      at = i;
    }
  }
  if (max(own, largest) == 0.0) {
    return vec2u(0u, k);
  }
  if (own >= share * largest) {
    return vec2u(1u, k);
  }
  var beside = 0.0;
  for (var j = k; j < at; j++) {
    beside = max(beside, abs(out[a + at * n + j]));
  }
  for (var i = at + 1u; i < n; i++) {
    beside = max(beside, abs(out[a + i * n + at]));
  }
  if (own >= share * largest * (largest / beside)) {
    return vec2u(1u, k);
  }
  return vec2u(select(2u, 1u, abs(out[a + at * n + at]) >= share * beside), at);
}

fn exchange(one: u32, two: u32) {
  let kept = out[one];
  out[one] = out[two];
  out[two] = kept;
}

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
  let source = params.offset_x + batch * params.x_batch;
  for (var e = lane; e < n * n; e += lanes) {
    let place = vec2u(e / n, e % n);
    var value = 0.0;
    if (place.y <= place.x) {
      value = x[source + place.x * params.x_row + place.y * params.x_column];
    }
    out[a + e] = value;
  }
  storageBarrier();
  var info = 0u;
  for (var k = 0u; k < n;) {
    if (lane == 0u) {
      chosen = choose(a, n, k);
    }
    workgroupBarrier();
    storageBarrier();
    let block = workgroupUniformLoad(&chosen).x;
    let other = workgroupUniformLoad(&chosen).y;
    if (block == 0u) {
      info = select(info, k + 1u, info == 0u);
      if (lane == 0u) {
        out[a + n * n + k] = f32(k + 1u);
      }
      k++;
      continue;
    }
    let to = k + block - 1u;
    if (to != other) {
      for (var i = other + 1u + lane; i < n; i += lanes) {
        exchange(a + i * n + to, a + i * n + other);
      }
      for (var i = to + 1u + lane; i < other; i += lanes) {
        exchange(a + i * n + to, a + other * n + i);
      }
      if (lane == 0u) {
        exchange(a + to * n + to, a + other * n + other);
        if (to > k) {
          exchange(a + to * n + k, a + other * n + k);
        }
      }
    }
    if (lane == 0u) {
      let pivot = f32(other + 1u);
      out[a + n * n + k] = select(-pivot, pivot, block == 1u);
      if (block == 2u) {
        out[a + n * n + k + 1u] = -pivot;
      }
    }
    storageBarrier();
    // Rows of what is left: each lane changes its rows, and only then are the columns of L divided.
    let first = k + block;
    if (block == 1u) {
      let pivot = out[a + k * n + k];
      for (var i = first + lane; i < n; i += lanes) {
        for (var j = first; j <= i; j++) {
          out[a + i * n + j] -= out[a + i * n + k] * (out[a + j * n + k] / pivot);
        }
      }
      storageBarrier();
      for (var i = first + lane; i < n; i += lanes) {
        out[a + i * n + k] /= pivot;
      }
    } else {
      let off = out[a + (k + 1u) * n + k];
      let d11 = out[a + (k + 1u) * n + k + 1u] / off;
      let d22 = out[a + k * n + k] / off;
      let scale = 1.0 / (d11 * d22 - 1.0) / off;
      for (var i = first + lane; i < n; i += lanes) {
        for (var j = first; j <= i; j++) {
          let left = vec2f(out[a + j * n + k], out[a + j * n + k + 1u]);
          let factors = scale * vec2f(d11 * left.x - left.y, d22 * left.y - left.x);
          out[a + i * n + j] -= out[a + i * n + k] * factors.x + out[a + i * n + k + 1u] * factors.y;
        }
      }
      storageBarrier();
      for (var i = first + lane; i < n; i += lanes) {
        let left = vec2f(out[a + i * n + k], out[a + i * n + k + 1u]);
        out[a + i * n + k] = scale * (d11 * left.x - left.y);
        out[a + i * n + k + 1u] = scale * (d22 * left.y - left.x);
      }
    }
    storageBarrier();
    k += block;
  }
  if (lane == 0u) {
    out[a + n * n + n] = f32(info);
  }
}
