// out[b, m, n] = sum over the parts p of partials[p, b, m, n]: the second run of a product or contraction whose sum over k
// was cut into parts. The parts are added in their order, so the same product gives the same bits every time.
//
// Shapes: partials is contiguous, parts x count with count = batches * M * N; out is contiguous, M x N a batch. A product
// of a matrix and a vector has N = 1 and its results as rows, and so has a contraction.
// Who owns what: thread i owns value i of out, in C order. Dispatch x * y >= ceil(count / 64) workgroups.
//
// Hooks: ELEMENT the number type (f32, or i32); FIELDS, OUTPUTS and STORE what happens to a finished value.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  M: u32,
  N: u32,
  count: u32,
  parts: u32,
  offset_partials: u32,
  offset_out: u32,
  // #hook FIELDS
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<Element>;
// #hook OUTPUTS
@group(0) @binding(2) var<storage, read_write> out: array<Element>;
// #end

fn store(batch: u32, row: u32, column: u32, index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
  var at = params.offset_partials + i;
  var total = Element();
  for (var part = 0u; part < params.parts; part++) {
    total += partials[at];
    at += params.count;
  }
  store(i / params.N / params.M, i / params.N % params.M, i % params.N, params.offset_out + i, total);
}
