// parameter -= lr * step in place, with the momentum buffer in the same pass (torch.optim.SGD).
// https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
//
// Shapes: parameter, gradient and buffer `size` elements, dense, in the same order.
// Who owns what: one thread an element. g = +-gradient + decay * p; with momentum: v = momentum * v + (1 - dampening) * g,
// and the step is v, or g + momentum * v after Nesterov.
//
// Hooks: BUFFERS the momentum buffer, STEP the step that is taken.

struct Params {
  size: u32,
  offset_gradient: u32,
  offset_parameter: u32,
  offset_velocity: u32,
  lr: f32,
  momentum: f32,
  dampening: f32,
  decay: f32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter: array<f32>;
// #hook BUFFERS
// #end

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 64u;
  if (i >= params.size) {
    return;
  }
  let old = parameter[params.offset_parameter + i];
  let g = params.sign * gradient[params.offset_gradient + i] + params.decay * old;
  // #hook STEP
  let taken = g;
  // #end
  parameter[params.offset_parameter + i] = old - params.lr * taken;
}
