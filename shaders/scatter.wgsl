// out[o, index[o, j, i], i] joined with source[o, j, i] (or replaced by it), over an `out` that already holds the base.
//
// Shapes: index and source (outer, count, inner) with any strides; out (outer, length, inner), dense. Entries of index
// are known to be inside (kernel checkIndex).
// Who owns what: one thread a line (o, i), which walks j in order. Two entries of one line may name the same place, two
// lines never do: so joining needs no atomics, and equal positions join (or the last one stays) in order, always the same.
//
// Hooks: ELEMENT the type, JOIN how a value meets what is there.

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
  if (at >= params.outer * params.inner) {
    return;
  }
  let o = at / params.inner;
  let i = at % params.inner;
  for (var j = 0u; j < params.count; j++) {
    let picked = u32(index[params.offset_index + o * params.index_outer + j * params.index_count + i * params.index_inner]);
    let place = params.offset_out + (o * params.length + picked) * params.inner + i;
    let value = source[params.offset_source + o * params.source_outer + j * params.source_count + i * params.source_inner];
    // #hook JOIN
    out[place] = out[place] + value;
    // #end
  }
}
