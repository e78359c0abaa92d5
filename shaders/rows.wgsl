// Lines of elements, each reduced once or several times: sums and extrema, softmax, normalisations, losses. Between the
// reductions stand formulas of elements and of lines; what is written is values of lines, of elements, or both.
//
// Shapes: `lines` lines (or groups of 4 that lie beside each other), each walked in `turns` of one or several elements;
// where a line begins and where its elements lie follow from strides over the collapsed dimensions. A line may be cut into
// `chunks`; each chunk then writes its part of every reduction, and the same program joins the parts in a second run.
//
// Who owns what: one thread a chunk of a line, or a workgroup. A lone thread takes its turns one after the other: software
// adapters fetch neighbouring elements at once. Of a workgroup on hardware each thread takes every 64th turn, so that
// neighbouring threads read neighbouring elements; their parts meet in workgroup memory. Lone threads have no barrier.
//
// Accuracy: a thread adds up the elements of a turn as a tree and runs of 16 turns before they join its total, and
// threads and chunks join as trees, so rounding errors grow far more slowly than the length. Extrema keep NaN.
//
// Hooks: TYPES what one index brings and the memory where threads meet, FIELDS, BUFFERS, SHARE which line and chunk are
// whose, and the walks over a line: WALKS.

// #hook TYPES
// #end

struct Params {
  lines: u32,
  // #hook FIELDS
  turns: u32,
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
  // #hook SHARE
  let o = (group.x + group.y * groups.x) * 64u + local;
  // #end
  if (o >= params.lines) {
    return;
  }
  // #hook WALKS
  var total = 0.0;
  for (var r = 0u; r < params.turns; r++) {
    total += in[params.offset_in + o * params.stride_line + r];
  }
  out[params.offset_out + o] = total;
  // #end
}
