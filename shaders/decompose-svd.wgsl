// A = U diag(S) V^T by rotations that make the columns of A orthogonal, values descending (Hestenes 1958; Golub and Van Loan,
// 8.6.3): A V = U diag(S).
//
// Shapes: x (batches, rows, columns) with rows >= columns and any strides; out a line a matrix: U (rows x columns), S (columns),
// V^T (columns x columns), and room to work in: the rotated columns (rows x columns), V (columns x columns), their lengths
// (columns).
// Who owns what: a workgroup a matrix. In a round every column is in one pair, as players of a tournament are (one stays, the
// others move on); lanes share the pairs, and a lane rotates all rows of its own. Columns of U that belong to zeros are completed to
// an orthonormal set by lane 0.

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
const most_sweeps = 30u;
// Columns whose cosine is below this are orthogonal.
const nothing = 3e-7;
var<workgroup> shares: array<f32, lanes>;
var<workgroup> rotated: u32;

// The number that stands at a seat of the tournament of `seats` (even) in a round.
fn player(seat: u32, round: u32, seats: u32) -> u32 {
  if (seat == 0u) {
    return 0u;
  }
  return 1u + (seat - 1u + round) % (seats - 1u);
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
  let m = params.rows;
  let n = params.columns;
  let u = params.offset_out + batch * params.line;
  let values = u + m * n;
  let vt = values + n;
  let g = vt + n * n;
  let v = g + m * n;
  let lengths = v + n * n;
  let source = params.offset_x + batch * params.x_batch;
  // The matrix is divided by its largest element, so that squares neither overflow nor vanish.
  var largest = 0.0;
  for (var e = lane; e < m * n; e += lanes) {
    largest = max(largest, abs(x[source + e / n * params.x_row + e % n * params.x_column]));
  }
  shares[lane] = largest;
  workgroupBarrier();
  for (var other = 0u; other < lanes; other++) {
    largest = max(largest, shares[other]);
  }
  let scale = select(1.0, largest, largest > 0.0);
  for (var e = lane; e < m * n; e += lanes) {
    out[g + e] = x[source + e / n * params.x_row + e % n * params.x_column] / scale;
  }
  for (var e = lane; e < n * n; e += lanes) {
    out[v + e] = select(0.0, 1.0, e / n == e % n);
  }
  storageBarrier();
  let seats = n + n % 2u;
  for (var sweep = 0u; sweep < most_sweeps; sweep++) {
    if (lane == 0u) {
      rotated = 0u;
    }
    workgroupBarrier();
    for (var round = 0u; round + 1u < seats; round++) {
      for (var pair = lane; pair < seats / 2u; pair += lanes) {
        let one = player(pair, round, seats);
        let other = player(seats - 1u - pair, round, seats);
        let p = min(one, other);
        let s = max(one, other);
        if (s < n) {
          var first = 0.0;
          var second = 0.0;
          var both = 0.0;
          for (var i = 0u; i < m; i++) {
            let left = out[g + i * n + p];
            let right = out[g + i * n + s];
            first += left * left;
            second += right * right;
            both += left * right;
          }
          let longer = wg_sqrt(first) * wg_sqrt(second);
          if (abs(both) > nothing * longer && longer > 1e-30) {
            rotated = 1u;
            let zeta = (second - first) / (2.0 * both);
            let tangent = select(-1.0, 1.0, zeta >= 0.0) / (abs(zeta) + wg_hypot(zeta, 1.0));
            let cosine = 1.0 / wg_sqrt(tangent * tangent + 1.0);
            let sine = tangent * cosine;
            for (var i = 0u; i < m; i++) {
              let left = out[g + i * n + p];
              let right = out[g + i * n + s];
              out[g + i * n + p] = cosine * left - sine * right;
              out[g + i * n + s] = sine * left + cosine * right;
            }
            for (var i = 0u; i < n; i++) {
              let left = out[v + i * n + p];
              let right = out[v + i * n + s];
              out[v + i * n + p] = cosine * left - sine * right;
              out[v + i * n + s] = sine * left + cosine * right;
            }
          }
        }
      }
      storageBarrier();
    }
    if (workgroupUniformLoad(&rotated) == 0u) {
      break;
    }
  }
  for (var j = lane; j < n; j += lanes) {
    var total = 0.0;
    for (var i = 0u; i < m; i++) {
      let value = out[g + i * n + j];
      total += value * value;
    }
    out[lengths + j] = wg_sqrt(total);
  }
  storageBarrier();
  for (var j = lane; j < n; j += lanes) {
    let value = out[lengths + j];
    var rank = 0u;
    for (var i = 0u; i < n; i++) {
      let other = out[lengths + i];
      if (other > value || (other == value && i < j)) {
        rank++;
      }
    }
    out[values + rank] = value * scale;
    for (var i = 0u; i < m; i++) {
      out[u + i * n + rank] = out[g + i * n + j] / select(1.0, value, value > 0.0);
    }
    for (var i = 0u; i < n; i++) {
      out[vt + rank * n + i] = out[v + i * n + j];
    }
  }
  storageBarrier();
  if (lane > 0u) {
    return;
  }
  for (var j = 0u; j < n; j++) {
    if (out[values + j] > 0.0) {
      continue;
    }
    // Values descend: the columns before j are done. The unit vector that is farthest from their span, less its part in it.
    var best = 0u;
    var most = -1.0;
    for (var i = 0u; i < m; i++) {
      var outside = 1.0;
      for (var k = 0u; k < j; k++) {
        outside -= out[u + i * n + k] * out[u + i * n + k];
      }
      if (outside > most) {
        most = outside;
        best = i;
      }
    }
    for (var i = 0u; i < m; i++) {
      out[u + i * n + j] = select(0.0, 1.0, i == best);
    }
    for (var again = 0u; again < 2u; again++) {
      for (var k = 0u; k < j; k++) {
        var along = 0.0;
        for (var i = 0u; i < m; i++) {
          along += out[u + i * n + k] * out[u + i * n + j];
        }
        for (var i = 0u; i < m; i++) {
          out[u + i * n + j] -= along * out[u + i * n + k];
        }
      }
    }
    var total = 0.0;
    for (var i = 0u; i < m; i++) {
      total += out[u + i * n + j] * out[u + i * n + j];
    }
    let length = wg_sqrt(total);
    for (var i = 0u; i < m; i++) {
      out[u + i * n + j] /= length;
    }
  }
}
