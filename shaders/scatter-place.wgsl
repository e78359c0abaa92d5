// out[o, index[o, j, i], i] = source[o, j, i], over an `out` that already holds the base, where no index of a line occurs
// twice: the way back of a sort, say.
//
// Shapes: index and source (outer, count, inner) with any strides; out (outer, length, inner), dense. Entries of index are known
// to be inside.
// Who owns what: one thread an element of source. All write different places, so their order does not matter.
//
// Hook: ELEMENT the type.

// #hook ELEMENT
alias Element = f32;
// #end

struct Params {
  outer: u32,
  count: u32,
  inner: u32,
  length: u32,
  offset_index: u32,
  index_outer: u32,
  index_count: u32,
  index_inner: u32,
  offset_source: u32,
  source_outer: u32,
  source_count: u32,
  source_inner: u32,
  offset_out: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read> source: array<Element>;
@group(0) @binding(3) var<storage, read_write> out: array<Element>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread.x + thread.y * groups.x * 64u;
  if (at >= params.outer * params.count * params.inner) {
    return;
  }
  let i = at % params.inner;
  let j = at / params.inner % params.count;
  let o = at / params.inner / params.count;
  let picked = u32(index[params.offset_index + o * params.index_outer + j * params.index_count + i * params.index_inner]);
  let place = params.offset_out + (o * params.length + picked) * params.inner + i;
  out[place] = source[params.offset_source + o * params.source_outer + j * params.source_count + i * params.source_inner];
}
