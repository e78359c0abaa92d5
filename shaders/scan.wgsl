// out[o, j, i] = x[o, 0, i] (+) .. (+) x[o, j, i]: running sums, products or logs of sums of exponentials along the middle
// dimension.
//
// Shapes: x (outer, count, inner) with any strides; out the same shape, dense. A line is cut into `chunks` parts of `chunk`
// elements (the last may be shorter), each with running totals of its own; scan-carry.wgsl then adds what came before.
// Who owns what: one thread a part (o, c, i), which it walks in order. Neighbouring threads walk neighbouring lines and read
// neighbouring elements where inner > 1. A line in one part rounds as the definition does.
//
// Hooks: ELEMENT the type, JOIN how an element joins the total, REST what a total has besides, TOTALS and TOTAL where the
// total of a part goes.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  outer: u32,
  count: u32,
  inner: u32,
  offset_x: u32,
  stride_outer: u32,
  stride_count: u32,
  stride_inner: u32,
  offset_out: u32,
  chunk: u32,
  chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> out: array<Element>;
// #hook TOTALS
// #end

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.outer * params.chunks * params.inner) {
    return;
  }
  let i = index % params.inner;
  let c = index / params.inner % params.chunks;
  let o = index / (params.inner * params.chunks);
  let first = c * params.chunk;
  var from_place = params.offset_x + o * params.stride_outer + first * params.stride_count + i * params.stride_inner;
  var to_place = params.offset_out + (o * params.count + first) * params.inner + i;
  var total = x[from_place];
  // #hook REST
  // #end
  out[to_place] = total;
  let length = min(params.chunk, params.count - first);
  for (var j = 1u; j < length; j++) {
    from_place += params.stride_count;
    to_place += params.inner;
    let value = x[from_place];
    // #hook JOIN
    total = total + value;
    // #end
    out[to_place] = total;
  }
  // #hook TOTAL
  // #end
}
