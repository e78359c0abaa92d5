// out[o, j, i] = where the extremum of x[o, 0, i] .. x[o, j, i] stands: the last of ties, and NaN before all.
//
// Shapes: x (outer, count, inner) with any strides; out the same shape, dense. A line is cut into `chunks` parts of `chunk`
// elements (the last may be shorter). Where there are several, a first run writes the position of each part's extremum
// into totals (outer, chunks, inner), and the second begins each part with the extremum of the parts before it.
// Who owns what: one thread a part (o, c, i), which it walks in order.
//
// Hooks: ELEMENT the type of x, BUFFERS, WINS whether a value takes the place of the best so far, CARRY what came before, STEP what
// each element writes, TOTAL what a part writes.

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
@group(0) @binding(2) var<storage, read_write> out: array<i32>;
// #hook BUFFERS
// #end

fn wins(value: Element, best: Element) -> bool {
  // #hook WINS
  return value >= best;
  // #end
}

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
  let line = params.offset_x + o * params.stride_outer + i * params.stride_inner;
  var position = first;
  var best = x[line + first * params.stride_count];
  // #hook CARRY
  // #end
  let stop = min(first + params.chunk, params.count);
  for (var j = first; j < stop; j++) {
    let value = x[line + j * params.stride_count];
    let better = wins(value, best);
    position = select(position, j, better);
    best = select(best, value, better);
    // #hook STEP
    out[params.offset_out + (o * params.count + j) * params.inner + i] = i32(position);
    // #end
  }
  // #hook TOTAL
  // #end
}
