// parameter -= rate * m / (sqrt(v) / correction + eps) in place, for all parameters of a model that lie behind each other
// (torch.optim.Adam and AdamW). D. Kingma, J. Ba: Adam, ICLR 2015; I. Loshchilov, F. Hutter: Decoupled weight decay, ICLR 2019.
//
// Shapes: parameters, gradients, means m, squares v and (amsgrad) largest squares are lines of `blocks` blocks; block i of
// each belongs to the same elements. Blocks are vectors on hardware, and four of them (a matrix, one index) on software
// adapters. Gaps between parameters are computed too; nobody reads them.
// Who owns what: one thread a block. m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2; rate and correction have
// taken the bias of both out.
//
// Hooks: BLOCK the type of a block, BUFFERS the largest squares, DECAY where weight decay goes, SPREAD the square that
// divides, MOVE the parts of a block.

// #hook BLOCK
alias Block = vec4f;
// #end

struct Params {
  blocks: u32,
  begin_parameter: u32,
  begin_gradient: u32,
  begin_mean: u32,
  begin_square: u32,
  begin_largest: u32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  correction: f32,
  decay: f32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> parameter: array<Block>;
@group(0) @binding(2) var<storage, read> gradient: array<Block>;
@group(0) @binding(3) var<storage, read_write> mean: array<Block>;
@group(0) @binding(4) var<storage, read_write> square: array<Block>;
// #hook BUFFERS
// #end

// The values of four elements after a step.
struct Moved {
  p: vec4f,
  m: vec4f,
  v: vec4f,
  top: vec4f,
}

fn descend(before: vec4f, gradient: vec4f, mean: vec4f, square: vec4f, largest: vec4f) -> Moved {
  var p = before;
  var g = params.sign * gradient;
  // #hook DECAY
  g += params.decay * p;
  // #end
  let m = mean * params.beta1 + (1.0 - params.beta1) * g;
  let v = square * params.beta2 + (1.0 - params.beta2) * (g * g);
  var top = v;
  // #hook SPREAD
  // #end
  return Moved(p - params.rate * m / (sqrt(top) / params.correction + params.eps), m, v, top);
}

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 128u;
  if (i >= params.blocks) {
    return;
  }
  // #hook MOVE
  let moved = descend(
    parameter[params.begin_parameter + i],
    gradient[params.begin_gradient + i],
    mean[params.begin_mean + i],
    square[params.begin_square + i],
    vec4f(),
  );
  parameter[params.begin_parameter + i] = moved.p;
  mean[params.begin_mean + i] = moved.m;
  square[params.begin_square + i] = moved.v;
  // #end
}
