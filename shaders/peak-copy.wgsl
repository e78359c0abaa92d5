// result = source, to measure how many bytes a second an adapter moves.
//
// Shapes: lines of `blocks` blocks of 16 floats. Who owns what: one thread a block, read and written by one index, which is
// what software adapters are fastest with; on hardware, neighbouring threads take neighbouring vectors of `Block`.
//
// Hooks: BLOCK the type of a block.

// #hook BLOCK
alias Block = vec4f;
// #end

@group(0) @binding(0) var<storage, read> source: array<Block>;
@group(0) @binding(1) var<storage, read_write> result: array<Block>;

@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread.x + thread.y * groups.x * 128u;
  if (i < arrayLength(&result)) {
    result[i] = source[i];
  }
}
