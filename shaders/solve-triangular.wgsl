// out = A^-1 B for triangular A, by substitution.
//
// Shapes: A (batches, n, n) and B (batches, n, columns), both with any strides; out (batches, n, columns), dense.
// Who owns what: one thread a column of out, whose rows it finds from the first (lower) or from the last (upper); neighbours
// have neighbouring columns and read one element of A together.
//
// Hooks: ROW the row of a step, RANGE which rows are known then, DIVIDE by the diagonal (empty where it is taken as 1).

struct Params {
  batches: u32,
  n: u32,
  columns: u32,
  offset_a: u32,
  a_batch: u32,
  a_row: u32,
  a_column: u32,
  offset_b: u32,
  b_batch: u32,
  b_row: u32,
  b_column: u32,
  offset_out: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  let n = params.n;
  if (index >= params.batches * params.columns) {
    return;
  }
  let batch = index / params.columns;
  let column = index % params.columns;
  let matrix = params.offset_a + batch * params.a_batch;
  let right = params.offset_b + batch * params.b_batch + column * params.b_column;
  let answer = params.offset_out + batch * n * params.columns + column;
  for (var step = 0u; step < n; step++) {
    // #hook ROW
    let i = step;
    // #end
    var value = b[right + i * params.b_row];
    // #hook RANGE
    let first = 0u;
    let last = i;
    // #end
    for (var k = first; k < last; k++) {
      value -= a[matrix + i * params.a_row + k * params.a_column] * out[answer + k * params.columns];
    }
    // #hook DIVIDE
    value /= a[matrix + i * params.a_row + i * params.a_column];
    // #end
    out[answer + i * params.columns] = value;
  }
}
