// Sorts runs of 16 elements of each line of x: the first step of a sort, and all of one of short lines.
//
// Shapes: x is seen as `lines` lines of `count` elements; where a line begins follows from strides over at most the collapsed
// dimensions (hook LINE), its elements lie `stride` apart. Run r of a line keeps its first `kept` positions and, for the
// merges (sort-merge.wgsl), a key before each: at (line / inner, r * kept + rank, line % inner) of results (.., total, inner).
//
// Keys are integers in the order of the elements: numbers of either sign by their bits, -0 as 0, NaN above all. So nothing
// depends on how an adapter compares floats, and denormals keep their order.
//
// Who owns what: one thread a run. An element's rank is the number of those that belong before it, counted in registers: 120
// comparisons without a branch. Equal keys rank by position, which makes the sort stable.
//
// Hooks: KEY the key of an element, LINE and FIELDS, OUT and PUT what is written (of short lines positions alone), LOAD, RANK and STORE
// the elements of a run one by one (the text below is a run of 2).

struct Params {
  lines: u32,
  count: u32,
  runs: u32,
  kept: u32,
  stride: u32,
  offset_x: u32,
  offset_out: u32,
  total: u32,
  inner: u32,
  // #hook FIELDS
  l0: u32,
  // #end
}

const run_length = 16u;
const largest: i32 = 0x7fffffff;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
// #hook OUT
@group(0) @binding(2) var<storage, read_write> out: array<vec2i>;
// #end

fn key(bits: i32) -> i32 {
  // #hook KEY
  return bits;
  // #end
}

fn line_start(o: u32) -> u32 {
  // #hook LINE
  let at = o * params.l0;
  // #end
  return params.offset_x + at;
}

fn store(place: u32, element: i32, position: u32) {
  // #hook PUT
  out[place] = vec2i(element, i32(position));
  // #end
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.lines * params.runs) {
    return;
  }
  let line = index / params.runs;
  let run = index - line * params.runs;
  let first = run * run_length;
  let length = min(run_length, params.count - first);
  let last = length - 1u;
  let stride = params.stride;
  let start = line_start(line) + first * stride;
  // #hook LOAD
  let k0 = key(x[start]);
  var r0 = 0u;
  let k1 = select(largest, key(x[start + min(1u, last) * stride]), 1u < length);
  var r1 = 1u;
  // #end
  // #hook RANK
  let c0_1 = u32(k0 > k1);
  r0 += c0_1;
  r1 -= c0_1;
  // #end
  let kept = min(params.kept, length);
  let inner = params.inner;
  let outer = line / inner;
  let begin = params.offset_out + (outer * params.total + run * params.kept) * inner + line - outer * inner;
  // #hook STORE
  if (r0 < kept) { store(begin + r0 * inner, k0, first); }
  if (r1 < kept) { store(begin + r1 * inner, k1, first + 1u); }
  // #end
}
