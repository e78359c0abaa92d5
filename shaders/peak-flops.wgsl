// Multiply-adds in registers, to measure how many float operations a second an adapter computes.
//
// Shapes: one vec4 a thread is written, so that the work cannot be left out. Who owns what: each thread steps `chains`
// independent chains of vec4, `steps` times: as many operations in flight as hide the latency of one.
// The factor comes from memory: a constant one could be computed in advance.

const steps = 2048u;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u) {
  let factor = source[0];
  var a = vec4f(f32(thread.x));
  var b = a + 1.0;
  var c = a + 2.0;
  for (var step = 0u; step < steps; step++) {
    a = a * factor + factor;
    b = b * factor + factor;
    c = c * factor + factor;
    a = a * factor + factor;
    b = b * factor + factor;
    c = c * factor + factor;
    a = a * factor + factor;
    b = b * factor + factor;
    c = c * factor + factor;
    a = a * factor + factor;
    b = b * factor + factor;
    c = c * factor + factor;
  }
  result[thread.x % arrayLength(&result)] = a + b + c;
}
