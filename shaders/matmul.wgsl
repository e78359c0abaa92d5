// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], in registers alone: for software adapters.
//
// Shapes: A is M x K, or K x M where `transpose_a`; B is K x N, or N x K where `transpose_b`; both row by row with row
// strides lda and ldb, at element offsets inside their buffers; out is contiguous, M x N a batch. M, N, K are any
// numbers from 0; K = 0 writes zeros. A batch stride of 0 repeats an operand for all batches.
//
// Who owns what: a thread owns 8 rows x 4 columns (one vec4) of out; a workgroup of 8 x 8 threads owns 64 rows x 32
// columns. Dispatch any x * y * z >= ceil(N / 32) * ceil(M / 64) * batches: workgroups are numbered, columns first,
// those beyond the last do nothing, and no dimension needs more than 65,535.
//
// Why these tiles: an adapter that runs on the CPU has no use for workgroup memory (it is ordinary memory, and barriers
// split the program), but pays for each load, so each A and B value is loaded once for 4 or 8 products: 12 vec4 loads
// feed 128 multiply-adds. 8 accumulators of one vec4 are what its registers hold; they are written out because its
// compiler keeps indexed arrays in memory. Tiles on the edge load element by element, repeat the last row and column in
// place of what lies outside, and do not store it.
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

@group(0) @binding(3) var<storage, read_write> out: array<Element>;

override transpose_a: bool = false;
override transpose_b: bool = false;

// Rows and columns of out that a workgroup owns.
const tile_rows = 64u;
const tile_columns = 32u;

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
  store(batch, row, column, values.x);
  if (column + 1u < params.N) {
    store(batch, row, column + 1u, values.y);
  }
  if (column + 2u < params.N) {
    store(batch, row, column + 2u, values.z);
  }
  if (column + 3u < params.N) {
    store(batch, row, column + 3u, values.w);
  }
}

struct Block {
  r0: Element4,
  r1: Element4,
  r2: Element4,
  r3: Element4,
}

fn transpose4(rows: Block) -> Block {
  return Block(
    Element4(rows.r0.x, rows.r1.x, rows.r2.x, rows.r3.x),
    Element4(rows.r0.y, rows.r1.y, rows.r2.y, rows.r3.y),
    Element4(rows.r0.z, rows.r1.z, rows.r2.z, rows.r3.z),
    Element4(rows.r0.w, rows.r1.w, rows.r2.w, rows.r3.w),
  );
}

// (1 x 4) times (4 x 4).
fn product(values: Element4, b0: Element4, b1: Element4, b2: Element4, b3: Element4) -> Element4 {
  return values.x * b0 + values.y * b1 + values.z * b2 + values.w * b3;
}

// B[k, column .. column + 3]; past the edge the last column again.
fn row_of_b(base: u32, k: u32, column: u32) -> Element4 {
  let columns = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u));
  let at = base + select(k * params.ldb + columns, k + columns * params.ldb, transpose_b);
  return Element4(load_b(at.x), load_b(at.y), load_b(at.z), load_b(at.w));
}

// A[row .. row + 3, k]; past the edge the last row again.
fn column_of_a(base: u32, k: u32, row: u32) -> Element4 {
  let rows = min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(params.M - 1u));
  let at = base + select(rows * params.lda + k, rows + k * params.lda, transpose_a);
  return Element4(load_a(at.x), load_a(at.y), load_a(at.z), load_a(at.w));
}

fn compute(batch: u32, row: u32, column: u32) {
  // #hook BATCHES
  let base_a = params.offset_a + batch * params.batch_stride_a;
  let base_b = params.offset_b + batch * params.batch_stride_b;
  // #end
  var sum0 = Element4();
  var sum1 = Element4();
  var sum2 = Element4();
  var sum3 = Element4();
  var sum4 = Element4();
  var sum5 = Element4();
  var sum6 = Element4();
  var sum7 = Element4();
  let inside = row + 8u <= params.M && column + 4u <= params.N;
  // Whole tiles, four k a turn: a_r = A[row + r, k .. k + 3], b_k = B[k, column .. column + 3]. Which way an operand
  // lies is fixed when the pipeline is made; turning a 4 x 4 block around is a renaming of registers.
  let quads = select(0u, params.K / 4u, inside);
  let step_a = select(4u, 4u * params.lda, transpose_a);
  let step_b = select(4u * params.ldb, 4u, transpose_b);
  var at_a = base_a + select(row * params.lda, row, transpose_a);
  var at_b = base_b + select(column, column * params.ldb, transpose_b);
  for (var quad = 0u; quad < quads; quad++) {
    var b0 = load_b4(at_b);
    var b1 = load_b4(at_b + params.ldb);
    var b2 = load_b4(at_b + 2u * params.ldb);
    var b3 = load_b4(at_b + 3u * params.ldb);
    if (transpose_b) {
      let block = transpose4(Block(b0, b1, b2, b3));
      b0 = block.r0;
      b1 = block.r1;
      b2 = block.r2;
      b3 = block.r3;
    }
    if (transpose_a) {
      // Two blocks of 4 k x 4 rows.
      let left = transpose4(Block(
        load_a4(at_a),
        load_a4(at_a + params.lda),
        load_a4(at_a + 2u * params.lda),
        load_a4(at_a + 3u * params.lda),
      ));
      sum0 += product(left.r0, b0, b1, b2, b3);
      sum1 += product(left.r1, b0, b1, b2, b3);
      sum2 += product(left.r2, b0, b1, b2, b3);
      sum3 += product(left.r3, b0, b1, b2, b3);
      let right = transpose4(Block(
        load_a4(at_a + 4u),
        load_a4(at_a + params.lda + 4u),
        load_a4(at_a + 2u * params.lda + 4u),
        load_a4(at_a + 3u * params.lda + 4u),
      ));
      sum4 += product(right.r0, b0, b1, b2, b3);
      sum5 += product(right.r1, b0, b1, b2, b3);
      sum6 += product(right.r2, b0, b1, b2, b3);
      sum7 += product(right.r3, b0, b1, b2, b3);
    } else {
      sum0 += product(load_a4(at_a), b0, b1, b2, b3);
      sum1 += product(load_a4(at_a + params.lda), b0, b1, b2, b3);
      sum2 += product(load_a4(at_a + 2u * params.lda), b0, b1, b2, b3);
      sum3 += product(load_a4(at_a + 3u * params.lda), b0, b1, b2, b3);
      sum4 += product(load_a4(at_a + 4u * params.lda), b0, b1, b2, b3);
      sum5 += product(load_a4(at_a + 5u * params.lda), b0, b1, b2, b3);
      sum6 += product(load_a4(at_a + 6u * params.lda), b0, b1, b2, b3);
      sum7 += product(load_a4(at_a + 7u * params.lda), b0, b1, b2, b3);
    }
    at_a += step_a;
    at_b += step_b;
  }
  // The rest of K, and all of it for tiles on the edge: one k a turn, element by element, indices held inside.
  for (var k = 4u * quads; k < params.K; k++) {
    let values = row_of_b(base_b, k, column);
    let upper = column_of_a(base_a, k, row);
    let lower = column_of_a(base_a, k, row + 4u);
    sum0 += upper.x * values;
    sum1 += upper.y * values;
    sum2 += upper.z * values;
    sum3 += upper.w * values;
    sum4 += lower.x * values;
    sum5 += lower.y * values;
    sum6 += lower.z * values;
    sum7 += lower.w * values;
  }
  store_row(batch, row, column, sum0);
  store_row(batch, row + 1u, column, sum1);
  store_row(batch, row + 2u, column, sum2);
  store_row(batch, row + 3u, column, sum3);
  store_row(batch, row + 4u, column, sum4);
  store_row(batch, row + 5u, column, sum5);
  store_row(batch, row + 6u, column, sum6);
  store_row(batch, row + 7u, column, sum7);
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) thread: vec3u,
) {
  let row_tiles = (params.M + tile_rows - 1u) / tile_rows;
  let column_tiles = (params.N + tile_columns - 1u) / tile_columns;
  let index = (group.z * groups.y + group.y) * groups.x + group.x;
  let batch = index / (row_tiles * column_tiles);
  if (batch >= params.batches) {
    return;
  }
  let top = (index / column_tiles) % row_tiles * tile_rows;
  let left = index % column_tiles * tile_columns;
  let row = top + thread.y * 8u;
  let column = left + thread.x * 4u;
  if (row < params.M && column < params.N) {
    compute(batch, row, column);
  }
}
