// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], by tiles in workgroup memory: for hardware adapters.
//
// Shapes: A is M x K, or K x M where `transpose_a`; B is K x N, or N x K where `transpose_b`; both row by row with row
// strides lda and ldb, at element offsets inside their buffers; out is contiguous, M x N a batch. M, N, K are any
// numbers from 0; K = 0 writes zeros. A batch stride of 0 repeats an operand for all batches.
//
// Who owns what: a workgroup of 16 x 16 threads owns 64 x 64 of out, a thread 4 x 4 of it. Per turn the workgroup
// copies A[64 rows, 16 k] and B[16 k, 64 columns] to workgroup memory, one vec4 of each a thread, and each thread
// multiplies 16 times a vec4 of A by a vec4 of B. Dispatch any x * y * z >= ceil(N / 64) * ceil(M / 64) * batches:
// workgroups are numbered, columns first, those beyond the last do nothing, and no dimension needs more than 65,535.
//
// Why these tiles: each loaded value is used 64 times; 8 KiB of workgroup memory and about 40 registers a thread leave
// room for several workgroups on every GPU; both tiles lie k by k, so that the inner loop reads vectors whatever the
// operands' layout: the copy transposes, not the product. Outside the matrices the tiles hold zeros.
//
// Hooks: ELEMENT the number type (f32, or i32); A_LOADS and B_LOADS how a buffer is bound and read; BATCHES where a
// batch begins; STORE what happens to a finished value. An operand whose offset, row stride and batch stride are
// multiples of 4, in a binding of a multiple of 16 bytes, may be bound by vectors: in the hook array<vec4<Element>>,
// a[i >> 2u] for the four from i on and a[i >> 2u][i & 3u] for one.

struct Params {
  M: u32,
  N: u32,
  K: u32,
  batches: u32,
  offset_a: u32,
  offset_b: u32,
  offset_out: u32,
  batch_stride_a: u32,
  batch_stride_b: u32,
  lda: u32,
  ldb: u32,
  // #hook FIELDS
  // #end
}

// #hook ELEMENT
alias Element = f32;
// #end
alias Element4 = vec4<Element>;

@group(0) @binding(0) var<uniform> params: Params;

// #hook A_LOADS
@group(0) @binding(1) var<storage, read> a: array<Element>;
fn load_a(i: u32) -> Element {
  return a[i];
}
fn load_a4(i: u32) -> Element4 {
  return Element4(a[i], a[i + 1u], a[i + 2u], a[i + 3u]);
}
// #end

// #hook B_LOADS
@group(0) @binding(2) var<storage, read> b: array<Element>;
fn load_b(i: u32) -> Element {
  return b[i];
}
fn load_b4(i: u32) -> Element4 {
  return Element4(b[i], b[i + 1u], b[i + 2u], b[i + 3u]);
}
// #end

// #hook OUTPUTS
@group(0) @binding(3) var<storage, read_write> out: array<Element>;
// #end

override transpose_a: bool = false;
override transpose_b: bool = false;

// Rows and columns of out that a workgroup owns, the k of a turn, and vec4 in a row of 64.
const tile = 64u;
const depth = 16u;
const quads = 16u;

// [k][row / 4] and [k][column / 4].
var<workgroup> tile_a: array<Element4, 256>;
var<workgroup> tile_b: array<Element4, 256>;

fn store(batch: u32, row: u32, column: u32, value: Element) {
  let index = params.offset_out + (batch * params.M + row) * params.N + column;
  // #hook STORE
  out[index] = value;
  // #end
}

fn store_row(batch: u32, row: u32, column: u32, values: Element4) {
  if (row >= params.M) {
    return;
  }
  for (var lane = 0u; lane < 4u; lane++) {
    if (column + lane < params.N) {
      store(batch, row, column + lane, values[lane]);
    }
  }
}

// Four elements of a stored row of A from `along` on, of which `left` are inside; zeros for the others.
fn fetch_a(base: u32, line: u32, lines: u32, along: u32, length: u32) -> Element4 {
  var values = Element4();
  if (line < lines && along < length) {
    let start = base + line * params.lda + along;
    if (along + 4u <= length) {
      values = load_a4(start);
    } else {
      for (var lane = 0u; lane < length - along; lane++) {
        values[lane] = load_a(start + lane);
      }
    }
  }
  return values;
}

fn fetch_b(base: u32, line: u32, lines: u32, along: u32, length: u32) -> Element4 {
  var values = Element4();
  if (line < lines && along < length) {
    let start = base + line * params.ldb + along;
    if (along + 4u <= length) {
      values = load_b4(start);
    } else {
      for (var lane = 0u; lane < length - along; lane++) {
        values[lane] = load_b(start + lane);
      }
    }
  }
  return values;
}

// Copies A[top .. top + 63, k .. k + 15]: along m a vector is one of the tile's; along k it goes to four k.
fn fill_a(base: u32, top: u32, k: u32, thread: u32) {
  if (transpose_a) {
    tile_a[thread] = fetch_a(base, k + thread / quads, params.K, top + (thread % quads) * 4u, params.M);
  } else {
    let row = thread / 4u;
    let first = (thread % 4u) * 4u;
    let values = fetch_a(base, top + row, params.M, k + first, params.K);
    tile_a[first * quads + row / 4u][row % 4u] = values.x;
    tile_a[(first + 1u) * quads + row / 4u][row % 4u] = values.y;
    tile_a[(first + 2u) * quads + row / 4u][row % 4u] = values.z;
    tile_a[(first + 3u) * quads + row / 4u][row % 4u] = values.w;
  }
}

// Copies B[k .. k + 15, left .. left + 63] in the same way.
fn fill_b(base: u32, left: u32, k: u32, thread: u32) {
  if (transpose_b) {
    let column = thread / 4u;
    let first = (thread % 4u) * 4u;
    let values = fetch_b(base, left + column, params.N, k + first, params.K);
    tile_b[first * quads + column / 4u][column % 4u] = values.x;
    tile_b[(first + 1u) * quads + column / 4u][column % 4u] = values.y;
    tile_b[(first + 2u) * quads + column / 4u][column % 4u] = values.z;
    tile_b[(first + 3u) * quads + column / 4u][column % 4u] = values.w;
  } else {
    tile_b[thread] = fetch_b(base, k + thread / quads, params.K, left + (thread % quads) * 4u, params.N);
  }
}

// All threads of a workgroup run this together: its loops and barriers depend on the workgroup alone.
fn compute(batch: u32, top: u32, left: u32, thread: u32) {
  // #hook BATCHES
  let base_a = params.offset_a + batch * params.batch_stride_a;
  let base_b = params.offset_b + batch * params.batch_stride_b;
  // #end
  let thread_row = thread / quads;
  let thread_column = thread % quads;
  var sum0 = Element4();
  var sum1 = Element4();
  var sum2 = Element4();
  var sum3 = Element4();
  let turns = (params.K + depth - 1u) / depth;
  for (var turn = 0u; turn < turns; turn++) {
    fill_a(base_a, top, turn * depth, thread);
    fill_b(base_b, left, turn * depth, thread);
    workgroupBarrier();
    for (var k = 0u; k < depth; k++) {
      let rows = tile_a[k * quads + thread_row];
      let columns = tile_b[k * quads + thread_column];
      sum0 += rows.x * columns;
      sum1 += rows.y * columns;
      sum2 += rows.z * columns;
      sum3 += rows.w * columns;
    }
    workgroupBarrier();
  }
  let row = top + thread_row * 4u;
  let column = left + thread_column * 4u;
  store_row(batch, row, column, sum0);
  store_row(batch, row + 1u, column, sum1);
  store_row(batch, row + 2u, column, sum2);
  store_row(batch, row + 3u, column, sum3);
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row_tiles = (params.M + tile - 1u) / tile;
  let column_tiles = (params.N + tile - 1u) / tile;
  let index = (group.z * groups.y + group.y) * groups.x + group.x;
  let batch = index / (row_tiles * column_tiles);
  if (batch >= params.batches) {
    return;
  }
  let top = (index / column_tiles) % row_tiles * tile;
  let left = index % column_tiles * tile;
  compute(batch, top, left, thread);
}
