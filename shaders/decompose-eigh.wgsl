// A = V diag(values) V^T of symmetric matrices by Jacobi's rotations, values ascending (Golub and Van Loan, 8.5).
//
// Shapes: x (batches, rows, rows), symmetric, with any strides; out a line a matrix: the values (n), V (n x n, a column each),
// and room to work in: the rotated vectors (n x n), a cosine and a sine a pair (n + 1), the values in the order of the columns (n).
// Who owns what: a workgroup a matrix; A lies where V will. In a round every column is in one pair, as players of a tournament
// are (one stays, the others move on). Lanes share the pairs to find their angles, and the elements to turn them. A sweep is
// all pairs once; sweeps end when none had anything to rotate.

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
const most_sweeps = 24u;
// Off-diagonal elements below this share of the largest element are nothing.
const nothing = 1e-9;
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
  let n = params.rows;
  let values = params.offset_out + batch * params.line;
  let a = values + n;
  let v = a + n * n;
  let turns = v + n * n;
  let diagonal = turns + n + 1u;
  let source = params.offset_x + batch * params.x_batch;
  var largest = 0.0;
  for (var e = lane; e < n * n; e += lanes) {
    let value = x[source + e / n * params.x_row + e % n * params.x_column];
    largest = max(largest, abs(value));
    out[a + e] = value;
    out[v + e] = select(0.0, 1.0, e / n == e % n);
  }
  shares[lane] = largest;
  workgroupBarrier();
  for (var other = 0u; other < lanes; other++) {
    largest = max(largest, shares[other]);
  }
  storageBarrier();
  let seats = n + n % 2u;
  let pairs = seats / 2u;
  for (var sweep = 0u; sweep < most_sweeps; sweep++) {
    if (lane == 0u) {
      rotated = 0u;
    }
    workgroupBarrier();
    for (var round = 0u; round + 1u < seats; round++) {
      for (var pair = lane; pair < pairs; pair += lanes) {
        let one = player(pair, round, seats);
        let other = player(seats - 1u - pair, round, seats);
        let p = min(one, other);
        let s = max(one, other);
        var cosine = 1.0;
        var sine = 0.0;
        if (s < n) {
          let off = out[a + p * n + s];
          if (abs(off) > nothing * largest) {
            rotated = 1u;
            let theta = (out[a + s * n + s] - out[a + p * n + p]) / (2.0 * off);
            let tangent = select(-1.0, 1.0, theta >= 0.0) / (abs(theta) + wg_hypot(theta, 1.0));
            cosine = 1.0 / wg_sqrt(tangent * tangent + 1.0);
            sine = tangent * cosine;
          }
        }
        out[turns + 2u * pair] = cosine;
        out[turns + 2u * pair + 1u] = sine;
      }
      storageBarrier();
      // Columns of A and V, then rows of A: lanes share the elements of each.
      for (var pair = 0u; pair < pairs; pair++) {
        let sine = out[turns + 2u * pair + 1u];
        if (sine == 0.0) {
          continue;
        }
        let cosine = out[turns + 2u * pair];
        let one = player(pair, round, seats);
        let other = player(seats - 1u - pair, round, seats);
        let p = min(one, other);
        let s = max(one, other);
        for (var row = lane * n; row < n * n; row += lanes * n) {
          let left = out[a + row + p];
          let right = out[a + row + s];
          out[a + row + p] = cosine * left - sine * right;
          out[a + row + s] = sine * left + cosine * right;
          let first = out[v + row + p];
          let second = out[v + row + s];
          out[v + row + p] = cosine * first - sine * second;
          out[v + row + s] = sine * first + cosine * second;
        }
      }
      storageBarrier();
      for (var pair = 0u; pair < pairs; pair++) {
        let sine = out[turns + 2u * pair + 1u];
        if (sine == 0.0) {
          continue;
        }
        let cosine = out[turns + 2u * pair];
        let one = player(pair, round, seats);
        let other = player(seats - 1u - pair, round, seats);
        let p = min(one, other);
        let s = max(one, other);
        for (var j = lane; j < n; j += lanes) {
          let upper = out[a + p * n + j];
          let lower = out[a + s * n + j];
          out[a + p * n + j] = select(cosine * upper - sine * lower, 0.0, j == s);
          out[a + s * n + j] = select(sine * upper + cosine * lower, 0.0, j == p);
        }
      }
      storageBarrier();
    }
    if (workgroupUniformLoad(&rotated) == 0u) {
      break;
    }
  }
  for (var i = lane; i < n; i += lanes) {
    out[diagonal + i] = out[a + i * n + i];
  }
  storageBarrier();
  for (var j = lane; j < n; j += lanes) {
    let value = out[diagonal + j];
    var rank = 0u;
    for (var i = 0u; i < n; i++) {
      let other = out[diagonal + i];
      if (other < value || (other == value && i < j)) {
        rank++;
      }
    }
    out[values + rank] = value;
    for (var i = 0u; i < n; i++) {
      out[a + i * n + rank] = out[v + i * n + j];
    }
  }
}
