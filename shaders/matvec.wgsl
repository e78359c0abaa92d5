// out[b, r] = sum over k of W[b, r, k] * x[b, k]: the product of a matrix and a vector, on either side.
//
// A matmul with N = 1 is this with W = A, x = B; one with M = 1 is this with W = B transposed, x = A. W is read by two
// strides, so that no operand is copied: `stride_row` from one result to the next, `stride_k` along the sum; one of
// them is 1. out is contiguous, `rows` a slice. Any numbers from 0; K = 0 writes zeros. A batch stride of 0 repeats an
// operand. A slice is a batch, or of a batch the part of the sum from k = part * span on: slice = part * batches + batch,
// and sum-parts.wgsl adds the parts.
//
// Who owns what: a workgroup has `outputs` x `lanes` threads; thread t works on row t % outputs of its `outputs` rows
// and takes every `lanes`-th k, and the lanes' sums are added in workgroup memory. Dispatch x * y = ceil(rows /
// outputs) workgroups, x <= 65,535 and y = ceil(that / x); z = min(slices, 65,535).
//
// Why these shapes: neighbouring threads should read neighbouring elements. Hardware: stride_k = 1 wants outputs 1 and
// lanes 64, stride_row = 1 wants outputs 32 and lanes 8. A software adapter wants outputs 64 and lanes 1, in which case
// there is no workgroup memory and no barrier. `lanes` is a power of two.
//
// Hooks: ELEMENT the number type (f32, or i32); BATCHES where a batch begins; STORE what happens to a finished value.

struct Params {
  rows: u32,
  K: u32,
  batches: u32,
  slices: u32,
  span: u32,
  offset_matrix: u32,
  offset_vector: u32,
  offset_out: u32,
  batch_stride_matrix: u32,
  batch_stride_vector: u32,
  stride_row: u32,
  stride_k: u32,
  stride_vector: u32,
  // #hook FIELDS
  // #end
}

// #hook ELEMENT
alias Element = f32;
// #end

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<Element>;
@group(0) @binding(2) var<storage, read> vector: array<Element>;
// #hook OUTPUTS
@group(0) @binding(3) var<storage, read_write> out: array<Element>;
// #end

override outputs: u32 = 64u;
override lanes: u32 = 1u;

var<workgroup> partial: array<Element, outputs * lanes>;

fn store(batch: u32, row: u32, value: Element) {
  let index = params.offset_out + batch * params.rows + row;
  // #hook STORE
  out[index] = value;
  // #end
}

// The part of one row's sum that falls to a lane. Four sums hide the latency of the additions and lose less to
// rounding.
fn partial_sum(slice: u32, row: u32, lane: u32) -> Element {
  let batch = slice % params.batches;
  let first = slice / params.batches * params.span;
  // #hook BATCHES
  let base_matrix = params.offset_matrix + batch * params.batch_stride_matrix;
  let base_vector = params.offset_vector + batch * params.batch_stride_vector;
  // #end
  var matrix_at = base_matrix + row * params.stride_row + (first + lane) * params.stride_k;
  var vector_at = base_vector + (first + lane) * params.stride_vector;
  let step = lanes * params.stride_k;
  let step_vector = lanes * params.stride_vector;
  let length = min(params.K - first, params.span);
  let count = (length + lanes - 1u - lane) / lanes;
  var sums = vec4<Element>();
  for (var quad = 0u; quad < count / 4u; quad++) {
    sums.x += matrix[matrix_at] * vector[vector_at];
    sums.y += matrix[matrix_at + step] * vector[vector_at + step_vector];
    sums.z += matrix[matrix_at + 2u * step] * vector[vector_at + 2u * step_vector];
    sums.w += matrix[matrix_at + 3u * step] * vector[vector_at + 3u * step_vector];
    matrix_at += 4u * step;
    vector_at += 4u * step_vector;
  }
  for (var rest = 0u; rest < count % 4u; rest++) {
    sums.x += matrix[matrix_at] * vector[vector_at];
    matrix_at += step;
    vector_at += step_vector;
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

@compute @workgroup_size(outputs * lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * outputs + thread % outputs;
  let lane = thread / outputs;
  for (var slice = group.z; slice < params.slices; slice += groups.z) {
    var sum = Element();
    if (row < params.rows) {
      sum = partial_sum(slice, row, lane);
    }
    if (lanes > 1u) {
      partial[thread] = sum;
      for (var half = lanes / 2u; half > 0u; half = half / 2u) {
        workgroupBarrier();
        if (lane < half) {
          partial[thread] += partial[thread + half * outputs];
        }
      }
      // Lane 0 reads what it wrote itself; the barrier keeps the next slice from overwriting what others still add.
      sum = partial[thread];
      workgroupBarrier();
    }
    if (lane == 0u && row < params.rows) {
      store(slice, row, sum);
    }
  }
}
