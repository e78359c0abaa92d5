// parameter -= lr * step in place, for all parameters of a model that lie behind each other (torch.optim.SGD).
// https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
//
// Shapes: parameters, gradients and momentum buffers are lines of `blocks` blocks; block i of each belongs to the same
// elements. Blocks are vectors on hardware, and four of them (a matrix, one index) on software adapters. Gaps between
// parameters are computed too; nobody reads them.
// Who owns what: one thread a block. g = +-gradient + decay * p; with momentum: v = momentum * v + (1 - dampening) * g,
// and the step is v, or g + momentum * v after Nesterov.
//
// Hooks: BLOCK the type of a block, BUFFERS the momentum buffers, STEP the step that is taken, MOVE the parts of a block.

// #hook BLOCK
alias Block = vec4f;
// #end

struct Params {
  blocks: u32,
  begin_parameter: u32,
  begin_gradient: u32,
  begin_velocity: u32,
  lr: f32,
  momentum: f32,
  dampening: f32,
  decay: f32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> parameter: array<Block>;
@group(0) @binding(2) var<storage, read> gradient: array<Block>;
// #hook BUFFERS
// #end

// The parameter, and the momentum buffer, after a step.
struct Moved {
  p: vec4f,
  v: vec4f,
}

fn descend(p: vec4f, gradient: vec4f, velocity: vec4f) -> Moved {
  let g = params.sign * gradient + params.decay * p;
  var v = velocity;
  // #hook STEP
  let taken = g;
  // #end
  return Moved(p - params.lr * taken, v);
}

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 128u;
  if (i >= params.blocks) {
    return;
  }
  // #hook MOVE
  let p = parameter[params.begin_parameter + i];
  let g = gradient[params.begin_gradient + i];
  parameter[params.begin_parameter + i] = descend(p, g, vec4f()).p;
  // #end
}
