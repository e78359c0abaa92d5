// Lines of elements, each reduced once or several times: sums and extrema, softmax, normalisations, losses. Between the
// reductions stand formulas of elements and of lines; what is written is values of lines, of elements, or both.
//
// Shapes: `lines` lines of `count` elements; where a line begins and where its element r lies follow from strides over the
// collapsed dimensions. A line may be cut into `chunks`; each chunk then writes its part of every reduction, and the same
// program joins the parts in a second run.
//
// Who owns what: `team` threads share a chunk of a line, or (one thread) `lanes` neighbouring lines. A thread takes blocks of
// its chunk one after the other on software adapters, which fetch neighbouring elements at once, and every `team`-th block
// on hardware, where neighbouring threads then read neighbouring elements. Parts of a team meet in workgroup memory; a
// team of one has none and no barrier.
//
// Accuracy: a thread adds up runs of 16 blocks before they join its total, and teams and chunks join as trees, so rounding
// errors grow with the logarithm of the length rather than with the length. Extrema keep NaN.
//
// Hooks: TYPES what one index brings and the teams, FIELDS, BUFFERS, and the walks over a line: WALKS.

// #hook TYPES
const team = 1u;
const lanes = 1u;
// #end

struct Params {
  lines: u32,
  count: u32,
  chunks: u32,
  // #hook FIELDS
  offset_in: u32,
  stride_line: u32,
  offset_out: u32,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;

// #hook BUFFERS
@group(0) @binding(1) var<storage, read> in: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
// #end

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let member = local % team;
  let owner = (group.x + group.y * groups.x) * (64u / team) + local / team;
  let chunk = owner % params.chunks;
  let o = owner / params.chunks * lanes;
  // Teams beyond the last line repeat it without writing, because all threads must reach the barriers.
  let inside = o < params.lines;
  // #hook WALKS
  var total = 0.0;
  for (var r = 0u; r < params.count; r++) {
    total += in[params.offset_in + o * params.stride_line + r];
  }
  if (inside) {
    out[params.offset_out + o] = total;
  }
  // #end
}
