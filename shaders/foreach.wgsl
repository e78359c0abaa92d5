// One formula over columns of tensors, in place: the update of all parameters of an optimizer (torch.optim, as filled in
// here: stochastic gradient descent), the scaling, clamping or filling of all gradients.
//
// Shapes: a column is a line of tensors that lie behind each other, `blocks` blocks in all; block i of each column belongs to
// the same elements. Blocks are vectors on hardware, four of them (a matrix, one index) on software adapters, and single
// elements in small steps that are one dispatch. Gaps between tensors are computed too; nobody reads them.
// Who owns what: one thread a block. It reads its block of every column once, and writes those that the formula changes.
//
// Hooks: BLOCK the type of a block, FIELDS where columns begin and the numbers, BUFFERS the columns, VALUES the columns that
// are written, FORMULA what becomes of four elements, ELEMENTS the parts of a block.

// #hook BLOCK
alias Block = vec4f;
// #end

struct Params {
  blocks: u32,
  // #hook FIELDS
  begin_parameter: u32,
  begin_gradient: u32,
  lr: f32,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;
// #hook BUFFERS
@group(0) @binding(1) var<storage, read_write> line_parameter: array<Block>;
@group(0) @binding(2) var<storage, read> line_gradient: array<Block>;
// #end

// Four elements of the columns that are written.
struct Values {
  // #hook VALUES
  parameter: vec4f,
  // #end
}

// #hook FORMULA
fn formula(old_parameter: vec4f, gradient: vec4f) -> Values {
  let lr = params.lr;
  var parameter = old_parameter;
  parameter -= lr * gradient;
  return Values(parameter);
}
// #end

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 128u;
  if (i >= params.blocks) {
    return;
  }
  // #hook ELEMENTS
  let moved = formula(line_parameter[params.begin_parameter + i], line_gradient[params.begin_gradient + i]);
  line_parameter[params.begin_parameter + i] = moved.parameter;
  // #end
}
