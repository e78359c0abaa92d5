// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], one value a thread: for steps so small that one workgroup runs all
// of them (step.ts). No vectors, no tiles, no overrides.
//
// Shapes: A is M x K and B is K x N, read by the strides of rows and of columns; a batch stride of 0 repeats an operand. out
// is contiguous, M x N a batch.
// Who owns what: thread i owns value i of out, in C order.
//
// Hooks: ELEMENT the number type (f32, or i32); FIELDS, OUTPUTS and STORE what happens to a finished value.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  M: u32,
  N: u32,
  K: u32,
  batches: u32,
  offset_a: u32,
  offset_b: u32,
  offset_out: u32,
  batch_stride_a: u32,
  batch_stride_b: u32,
  row_a: u32,
  column_a: u32,
  row_b: u32,
  column_b: u32,
  // #hook FIELDS
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Element>;
@group(0) @binding(2) var<storage, read> b: array<Element>;
// #hook OUTPUTS
@group(0) @binding(3) var<storage, read_write> out: array<Element>;
// #end

fn store(batch: u32, row: u32, column: u32, index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 64u;
  if (i >= params.batches * params.M * params.N) {
    return;
  }
  let column = i % params.N;
  let row = i / params.N % params.M;
  let batch = i / params.N / params.M;
  var at_a = params.offset_a + batch * params.batch_stride_a + row * params.row_a;
  var at_b = params.offset_b + batch * params.batch_stride_b + column * params.column_b;
  var total = Element();
  for (var k = 0u; k < params.K; k++) {
    total += a[at_a] * b[at_b];
    at_a += params.column_a;
    at_b += params.row_b;
  }
  store(batch, row, column, params.offset_out + i, total);
}
