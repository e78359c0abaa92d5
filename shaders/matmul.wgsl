// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], in registers alone: for software adapters.
//
// Shapes: A is M x K, or K x M where `transpose_a`; B is K x N, or N x K where `transpose_b`; both row by row with row
// strides lda and ldb, at element offsets inside their buffers; out is contiguous, M x N a batch. M and N are any
// numbers from 1, K from 0; K = 0 writes zeros. A batch stride of 0 repeats an operand for all batches.
//
// Who owns what: a workgroup is one quad, 4 threads (lanes), and owns a tile of 32 rows x 32 columns, or of 16 rows
// where not `tall` and 16 columns where not `broad`: for small outputs. A lane owns a quarter of the columns (8 or 4)
// for all rows of the tile, and reads a quarter of the rows for all lanes. Dispatch any x * y * z >= tiles * batches:
// workgroups are numbered, columns first, those beyond the last do nothing, and no dimension needs more than 65,535.
//
// Why: an adapter that runs on the CPU has no use for workgroup memory (it is ordinary memory, and barriers split the
// program). It runs the 4 lanes as one SIMD register and pays most for loads, which it makes lane by lane: about 11 ns
// for four floats where four multiply-adds take 1. So every number that is loaded serves 32 products; where the adapter
// has subgroups, lanes hand their rows around by quadSwap, which costs nothing (hook EXCHANGE), else each reads the
// rows of the others too. Its compiler neither reorders nor keeps much in registers: sums go by dot, one number after
// the other, because sums of scaled vectors keep four times as many intermediate values alive; addresses are counted in
// vectors, because it shifts lane by lane; parameters are read once. Rows and columns past the edge repeat the last
// one, or read what lies there, and are not stored: no tile takes a slower path.
//
// Hooks: ELEMENT the number type (f32, or i32); A_LOADS and B_LOADS how a buffer is bound and read; EXCHANGE and LANE
// how lanes come by each other's rows; BATCHES where a batch begins; STORE what happens to a finished value, OUTPUTS
// and FIELDS the bindings and parameters that it needs. An operand whose offset, row stride and batch stride are
// multiples of 4, in a binding of a multiple of 16 bytes, may be bound by vectors: in the hook array<vec4<Element>>,
// `unit` 4, load4 takes the number of a vector and load that of an element.

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
// Elements from one index of load_a4 to the next.
const unit_a = 1u;
fn load_a(i: u32) -> Element {
  return a[i];
}
fn load_a4(i: u32) -> Element4 {
  return Element4(a[i], a[i + 1u], a[i + 2u], a[i + 3u]);
}
// #end

// #hook B_LOADS
@group(0) @binding(2) var<storage, read> b: array<Element>;
const unit_b = 1u;
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
override tall: bool = true;
override broad: bool = true;
// Whether K may be no multiple of 4.
override rest: bool = true;

// Four rows of four.
struct Block {
  r0: Element4,
  r1: Element4,
  r2: Element4,
  r3: Element4,
}

// A block for each lane of the quad: for this lane, and for lane ^ 1, lane ^ 2 and lane ^ 3.
struct Quad {
  own: Block,
  lane1: Block,
  lane2: Block,
  lane3: Block,
}

fn transpose4(rows: Block) -> Block {
  return Block(
    Element4(rows.r0.x, rows.r1.x, rows.r2.x, rows.r3.x),
    Element4(rows.r0.y, rows.r1.y, rows.r2.y, rows.r3.y),
    Element4(rows.r0.z, rows.r1.z, rows.r2.z, rows.r3.z),
    Element4(rows.r0.w, rows.r1.w, rows.r2.w, rows.r3.w),
  );
}

// The sums of one row in 4 columns; `columns` holds 4 k of each.
fn add_row(sum: Element4, row: Element4, columns: Block) -> Element4 {
  return sum + Element4(dot(row, columns.r0), dot(row, columns.r1), dot(row, columns.r2), dot(row, columns.r3));
}

fn add_block(sum: Block, rows: Block, columns: Block) -> Block {
  return Block(
    add_row(sum.r0, rows.r0, columns),
    add_row(sum.r1, rows.r1, columns),
    add_row(sum.r2, rows.r2, columns),
    add_row(sum.r3, rows.r3, columns),
  );
}

fn add_quad(sum: Quad, rows: Quad, columns: Block) -> Quad {
  return Quad(
    add_block(sum.own, rows.own, columns),
    add_block(sum.lane1, rows.lane1, columns),
    add_block(sum.lane2, rows.lane2, columns),
    add_block(sum.lane3, rows.lane3, columns),
  );
}

// One k: a column of 4 times a row of 4.
fn add_outer(sum: Block, rows: Element4, columns: Element4) -> Block {
  return Block(
    sum.r0 + rows.x * columns,
    sum.r1 + rows.y * columns,
    sum.r2 + rows.z * columns,
    sum.r3 + rows.w * columns,
  );
}

// An operand of one batch: where it begins and how far its rows are apart, both in units; the last row (column) of out.
struct Matrix {
  base: u32,
  stride: u32,
  last: u32,
}

// Where four rows of A (columns of a transposed B) begin; past the edge the last again.
fn four_lines(m: Matrix, first: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(m.last)) * m.stride + m.base;
}

// A[row .. row + 3, 4 turn .. 4 turn + 3]. Which way an operand lies is fixed when the pipeline is made; turning a
// block around is a renaming of registers.
fn rows_of_a(m: Matrix, row: u32, turn: u32) -> Block {
  if (transpose_a) {
    let i = m.base + row / unit_a + 4u * turn * m.stride;
    let j = i + 2u * m.stride;
    return transpose4(Block(load_a4(i), load_a4(i + m.stride), load_a4(j), load_a4(j + m.stride)));
  }
  let i = four_lines(m, row) + turn * (4u / unit_a);
  return Block(load_a4(i.x), load_a4(i.y), load_a4(i.z), load_a4(i.w));
}

// B[4 turn .. 4 turn + 3, column .. column + 3], a column a row.
fn columns_of_b(m: Matrix, column: u32, turn: u32) -> Block {
  if (transpose_b) {
    let i = four_lines(m, column) + turn * (4u / unit_b);
    return Block(load_b4(i.x), load_b4(i.y), load_b4(i.z), load_b4(i.w));
  }
  let i = m.base + column / unit_b + 4u * turn * m.stride;
  let j = i + 2u * m.stride;
  return transpose4(Block(load_b4(i), load_b4(i + m.stride), load_b4(j), load_b4(j + m.stride)));
}

// The places of 4 elements from `first` on, of one k: in lines of their own, or along one.
fn places(m: Matrix, first: u32, k: u32, unit: u32, along: bool) -> vec4u {
  let lines = min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(m.last));
  if (along) {
    return lines + (m.base + k * m.stride) * unit;
  }
  return (lines * m.stride + m.base) * unit + k;
}

// A[row .. row + 3, k].
fn column_of_a(m: Matrix, row: u32, k: u32) -> Element4 {
  let i = places(m, row, k, unit_a, transpose_a);
  return Element4(load_a(i.x), load_a(i.y), load_a(i.z), load_a(i.w));
}

// B[k, column .. column + 3].
fn row_of_b(m: Matrix, column: u32, k: u32) -> Element4 {
  let i = places(m, column, k, unit_b, !transpose_b);
  return Element4(load_b(i.x), load_b(i.y), load_b(i.z), load_b(i.w));
}

// The 4 rows from `row[i]` on for lane ^ i, 4 k of each.
fn rows_of_quad(m: Matrix, row: vec4u, turn: u32) -> Quad {
  let own = rows_of_a(m, row.x, turn);
  // #hook EXCHANGE
  let lane1 = rows_of_a(m, row.y, turn);
  let lane2 = rows_of_a(m, row.z, turn);
  let lane3 = rows_of_a(m, row.w, turn);
  // #end
  return Quad(own, lane1, lane2, lane3);
}

// What a lane sums up: its first 4 columns and where broad the 4 after, of each lane's first 4 rows and where tall
// the 4 after.
var<private> low_left: Quad;
var<private> low_right: Quad;
var<private> high_left: Quad;
var<private> high_right: Quad;

// Adds k = 4 turn .. 4 turn + 3.
fn add_four(left_operand: Matrix, right_operand: Matrix, row: vec4u, column: u32, turn: u32) {
  let left = columns_of_b(right_operand, column, turn);
  var right = left;
  if (broad) {
    right = columns_of_b(right_operand, column + 4u, turn);
  }
  let low = rows_of_quad(left_operand, row, turn);
  low_left = add_quad(low_left, low, left);
  if (broad) {
    low_right = add_quad(low_right, low, right);
  }
  if (tall) {
    let high = rows_of_quad(left_operand, row + 4u, turn);
    high_left = add_quad(high_left, high, left);
    if (broad) {
      high_right = add_quad(high_right, high, right);
    }
  }
}

// One k of the same rows, an element each.
fn column_of_quad(m: Matrix, row: vec4u, k: u32) -> Block {
  return Block(
    column_of_a(m, row.x, k),
    column_of_a(m, row.y, k),
    column_of_a(m, row.z, k),
    column_of_a(m, row.w, k),
  );
}

fn add_one_quad(sum: Quad, rows: Block, columns: Element4) -> Quad {
  return Quad(
    add_outer(sum.own, rows.r0, columns),
    add_outer(sum.lane1, rows.r1, columns),
    add_outer(sum.lane2, rows.r2, columns),
    add_outer(sum.lane3, rows.r3, columns),
  );
}

fn add_one(left_operand: Matrix, right_operand: Matrix, row: vec4u, column: u32, k: u32) {
  let left = row_of_b(right_operand, column, k);
  var right = left;
  if (broad) {
    right = row_of_b(right_operand, column + 4u, k);
  }
  let low = column_of_quad(left_operand, row, k);
  low_left = add_one_quad(low_left, low, left);
  if (broad) {
    low_right = add_one_quad(low_right, low, right);
  }
  if (tall) {
    let high = column_of_quad(left_operand, row + 4u, k);
    high_left = add_one_quad(high_left, high, left);
    if (broad) {
      high_right = add_one_quad(high_right, high, right);
    }
  }
}

fn store(batch: u32, row: u32, column: u32, index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

// Where a batch of out begins, and its sizes.
struct Target {
  batch: u32,
  base: u32,
  M: u32,
  N: u32,
}

fn store_row(to: Target, row: u32, column: u32, values: Element4) {
  if (row < to.M) {
    let index = to.base + row * to.N + column;
    if (column < to.N) {
      store(to.batch, row, column, index, values.x);
    }
    if (column + 1u < to.N) {
      store(to.batch, row, column + 1u, index + 1u, values.y);
    }
    if (column + 2u < to.N) {
      store(to.batch, row, column + 2u, index + 2u, values.z);
    }
    if (column + 3u < to.N) {
      store(to.batch, row, column + 3u, index + 3u, values.w);
    }
  }
}

fn store_block(to: Target, row: u32, column: u32, values: Block) {
  store_row(to, row, column, values.r0);
  store_row(to, row + 1u, column, values.r1);
  store_row(to, row + 2u, column, values.r2);
  store_row(to, row + 3u, column, values.r3);
}

// A loop, and values that move up: written out, 256 copies of what follows the product would compile for seconds.
fn store_quad(to: Target, row: vec4u, column: u32, values: Quad) {
  var rest = values;
  var rows = row;
  for (var lane = 0u; lane < 4u; lane++) {
    store_block(to, rows.x, column, rest.own);
    rest = Quad(rest.lane1, rest.lane2, rest.lane3, rest.own);
    rows = rows.yzwx;
  }
}

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  // #hook LANE
  @builtin(local_invocation_index) lane: u32,
  // #end
) {
  // A lane's rows and columns.
  let height = select(4u, 8u, tall);
  let width = select(4u, 8u, broad);
  let row_tiles = (params.M + 4u * height - 1u) / (4u * height);
  let column_tiles = (params.N + 4u * width - 1u) / (4u * width);
  let index = (group.z * groups.y + group.y) * groups.x + group.x;
  let batch = index / (row_tiles * column_tiles);
  if (batch >= params.batches) {
    return;
  }
  let column = index % column_tiles * 4u * width + lane * width;
  let row = vec4u((index / column_tiles) % row_tiles * 4u * height) + (vec4u(lane) ^ vec4u(0u, 1u, 2u, 3u)) * height;
  // #hook BATCHES
  let base_a = params.offset_a + batch * params.batch_stride_a;
  let base_b = params.offset_b + batch * params.batch_stride_b;
  // #end
  let left_operand = Matrix(base_a / unit_a, params.lda / unit_a, params.M - 1u);
  let right_operand = Matrix(base_b / unit_b, params.ldb / unit_b, params.N - 1u);
  // One copy of a turn of 4 k: a second would save the loop's own 25 ns of a microsecond, and compile as long again.
  let K = params.K;
  let turns = K / 4u;
  for (var turn = 0u; turn < turns; turn++) {
    add_four(left_operand, right_operand, row, column, turn);
  }
  if (rest) {
    for (var k = 4u * turns; k < K; k++) {
      add_one(left_operand, right_operand, row, column, k);
    }
  }
  let to = Target(batch, params.offset_out + batch * params.M * params.N, params.M, params.N);
  for (var part = 0u; part < 4u; part++) {
    let right = part % 2u;
    let high = part / 2u;
    if ((broad || right == 0u) && (tall || high == 0u)) {
      store_quad(to, row + 4u * high, column + 4u * right, low_left);
    }
    low_left = low_right;
    low_right = high_left;
    high_left = high_right;
  }
}
