// out[s] = the join of what the elements of segment s of some tensors measure: the norm of each gradient of a list.
//
// Shapes: the tensors lie in one line, each from a multiple of a block on, with gaps between them that are not read. Each is
// cut into segments of `blocks` blocks; entry k of the table has the first segment of tensor k, the block of the line at which
// it begins, and its size. A second run joins the segments of a tensor where it has several.
//
// Who owns what: on hardware a workgroup has a segment; thread l takes its blocks l, l + 64, .. so that neighbours read
// neighbours, and the threads join in workgroup memory. On software adapters a thread has a segment, and nothing waits. The
// order is fixed, so sums are the same every time.
//
// Hooks: BLOCK and WIDTH the type and elements of a block, TABLE and COUNT its length, MEASURE what elements count (of a and p),
// NEUTRAL and JOIN the join, FINISH what becomes of the total, SHARED the threads' memory, PLACE which segment a thread has,
// PARTS the vectors of a block, GATHER the join of the threads.

// #hook BLOCK
alias Block = vec4f;
// #end
// #hook WIDTH
const width = 4u;
// #end
// #hook COUNT
const count = 1u;
// #end

struct Params {
  segments: u32,
  blocks: u32,
  begin_line: u32,
  begin_out: u32,
  p: f32,
  unused0: u32,
  unused1: u32,
  unused2: u32,
  // #hook TABLE
  tensors: array<vec4u, 1>,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> line: array<Block>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

// #hook SHARED
const lanes = 64u;
var<workgroup> shares: array<f32, 64>;
// #end

fn measured(a: vec4f) -> vec4f {
  let p = params.p;
  // #hook MEASURE
  return a * a;
  // #end
}

fn neutral() -> f32 {
  // #hook NEUTRAL
  return 0.0;
  // #end
}

fn joined(a: vec4f, b: vec4f) -> vec4f {
  // #hook JOIN
  return a + b;
  // #end
}

fn finished(a: f32) -> f32 {
  let p = params.p;
  // #hook FINISH
  return a;
  // #end
}

// What the elements e to e + 3 of a tensor of `size` elements count.
fn part(a: vec4f, e: u32, size: u32) -> vec4f {
  return select(vec4f(neutral()), measured(a), e + vec4u(0u, 1u, 2u, 3u) < vec4u(size));
}

// The tensor that a segment belongs to.
fn owner(segment: u32) -> u32 {
  var low = 0u;
  var high = count;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (params.tensors[middle].x <= segment) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) member: u32,
) {
  // #hook PLACE
  let segment = group.x + group.y * groups.x;
  let lane = member;
  // #end
  if (segment >= params.segments) {
    return;
  }
  let tensor = params.tensors[owner(segment)];
  let start = params.begin_line + tensor.y;
  let first = (segment - tensor.x) * params.blocks;
  let last = min(first + params.blocks, (tensor.z + width - 1u) / width);
  var total = vec4f(neutral());
  for (var b = first + lane; b < last; b += lanes) {
    let e = b * width;
    let block = line[start + b];
    // #hook PARTS
    total = joined(total, part(block, e, tensor.z));
    // #end
  }
  total = joined(total, total.zwxy);
  total = joined(total, total.yxwz);
  // #hook GATHER
  shares[lane] = total.x;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      shares[lane] = joined(vec4f(shares[lane]), vec4f(shares[lane + half])).x;
    }
  }
  if (lane > 0u) {
    return;
  }
  total.x = shares[0];
  // #end
  out[params.begin_out + segment] = finished(total.x);
}
