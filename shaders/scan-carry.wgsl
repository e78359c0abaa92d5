// out[o, j, i] joins the totals of all parts of the line (o, i) before the part of j: the second run of a sum (or of the log of
// a sum of exponentials) along long lines.
//
// Shapes: out (outer, count, inner), dense, as scan.wgsl left it; totals (outer, chunks, inner).
// Who owns what: one thread a part (o, c, i). It adds up the totals before it in order, so each part of a line rounds alike.
//
// Hooks: ELEMENT the type, CARRY how totals join, JOIN how they join an element.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  outer: u32,
  count: u32,
  inner: u32,
  offset_out: u32,
  chunk: u32,
  chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> totals: array<Element>;
@group(0) @binding(2) var<storage, read_write> out: array<Element>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.outer * params.chunks * params.inner) {
    return;
  }
  let i = index % params.inner;
  let c = index / params.inner % params.chunks;
  let o = index / (params.inner * params.chunks);
  if (c == 0u) {
    return;
  }
  var carry = totals[o * params.chunks * params.inner + i];
  for (var before = 1u; before < c; before++) {
    let total = totals[(o * params.chunks + before) * params.inner + i];
    // #hook CARRY
    carry = carry + total;
    // #end
  }
  let first = c * params.chunk;
  let length = min(params.chunk, params.count - first);
  var place = params.offset_out + (o * params.count + first) * params.inner + i;
  for (var j = 0u; j < length; j++) {
    // #hook JOIN
    out[place] = carry + out[place];
    // #end
    place += params.inner;
  }
}
