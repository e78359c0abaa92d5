// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n] (+ bias[b, m]), where b, m, k and n stand for several dimensions each
// and operands are read by any strides: convolutions over windows that are never stored. In registers alone: for software
// adapters.
//
// Shapes: `rows` m, `columns` n, `batches` b. The place of an element is a sum of parts: of its batch, of its row or column,
// of its k. Hooks compute these parts from numbers in C order; divisions stay outside the inner loop, which walks `inner`
// positions of the last dimension of k (`length` in all, cut into `chunks`) by constant steps. The other dimensions of k and
// the chunks are `outer` positions. `parts` > 1 splits them: part p sums `share` of them into a result of its own,
// part_stride elements behind the one before; part 0 adds the bias.
//
// Who owns what: a workgroup is one quad, 4 threads (lanes), and owns 4 `height` rows x 4 `width` columns of one batch and
// part. A lane owns a quarter of the columns for all rows, and reads a quarter of the rows for all lanes. Dispatch any
// x * y * z >= tiles * batches * parts: workgroups are numbered, columns first, then rows, batches, parts.
//
// Why: as in matmul.wgsl, a load costs as much as ten multiply-adds on 4 lanes, so every number that is loaded serves many
// products; windows begin anywhere, so loads are of single elements. Rows and columns past the edge repeat the last one and
// are not stored.
//
// Hooks: ELEMENT the number type (f32, or i32); FIELDS and the four PLACES where elements are; EXCHANGE and LANE how lanes
// come by each other's rows; BIAS; OUTPUTS and STORE what happens to a finished value.

struct Params {
  rows: u32,
  columns: u32,
  batches: u32,
  outer: u32,
  inner: u32,
  length: u32,
  chunks: u32,
  step_a: u32,
  step_b: u32,
  parts: u32,
  share: u32,
  part_stride: u32,
  offset_a: u32,
  offset_b: u32,
  offset_bias: u32,
  offset_out: u32,
  // #hook FIELDS
  // #end
}

// #hook ELEMENT
alias Element = f32;
// #end
alias Element4 = vec4<Element>;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Element>;
@group(0) @binding(2) var<storage, read> b: array<Element>;
// #hook OUTPUTS
@group(0) @binding(3) var<storage, read_write> out: array<Element>;
// #end

// Rows of a lane: 2, 4 or 8; columns of a lane: 4 or 8.
override height: u32 = 4u;
override width: u32 = 8u;

// Where a batch begins: in A, B, bias and out.
fn batch_places(i: u32) -> vec4u {
  // #hook BATCH_PLACES
  return vec4u();
  // #end
}

// In A, bias and out.
fn row_places(i: u32) -> vec3u {
  // #hook ROW_PLACES
  return vec3u(i);
  // #end
}

// In B and out.
fn column_places(i: u32) -> vec2u {
  // #hook COLUMN_PLACES
  return vec2u(i);
  // #end
}

// An outer position in A and B.
fn outer_places(i: u32) -> vec2u {
  // #hook OUTER_PLACES
  return vec2u(i);
  // #end
}

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

// One k: a column of 4 (or 2) times a row of 4.
fn add_outer(sum: Block, rows: Element4, columns: Element4) -> Block {
  if (height < 4u) {
    return Block(sum.r0 + rows.x * columns, sum.r1 + rows.y * columns, sum.r2, sum.r3);
  }
  return Block(
    sum.r0 + rows.x * columns,
    sum.r1 + rows.y * columns,
    sum.r2 + rows.z * columns,
    sum.r3 + rows.w * columns,
  );
}

fn add_quad(sum: Quad, rows: Block, columns: Element4) -> Quad {
  return Quad(
    add_outer(sum.own, rows.r0, columns),
    add_outer(sum.lane1, rows.r1, columns),
    add_outer(sum.lane2, rows.r2, columns),
    add_outer(sum.lane3, rows.r3, columns),
  );
}

// What a lane sums up: its first 4 columns and where it has 8 the 4 after, of each lane's first 4 rows and the 4 after.
var<private> low_left: Quad;
var<private> low_right: Quad;
var<private> high_left: Quad;
var<private> high_right: Quad;

fn four_of_a(i: vec4u) -> Element4 {
  if (height < 4u) {
    return Element4(a[i.x], a[i.y], Element(), Element());
  }
  return Element4(a[i.x], a[i.y], a[i.z], a[i.w]);
}

fn four_of_b(i: vec4u) -> Element4 {
  return Element4(b[i.x], b[i.y], b[i.z], b[i.w]);
}

// Of one k the elements of 4 rows of each lane: row r of the block for lane ^ r. `begin` says where they lie at k = 0.
fn column_of_quad(begin: Rows, at: u32) -> Block {
  let own = four_of_a(begin.own + at);
  // #hook EXCHANGE
  let lane1 = four_of_a(begin.lane1 + at);
  let lane2 = four_of_a(begin.lane2 + at);
  let lane3 = four_of_a(begin.lane3 + at);
  // #end
  return Block(own, lane1, lane2, lane3);
}

// Where 4 rows of each lane begin in A.
struct Rows {
  own: vec4u,
  lane1: vec4u,
  lane2: vec4u,
  lane3: vec4u,
}

fn four_rows(first: u32, last: u32) -> vec4u {
  let row = min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(last));
  return vec4u(row_places(row.x).x, row_places(row.y).x, row_places(row.z).x, row_places(row.w).x);
}

fn rows_from(first: vec4u, last: u32) -> Rows {
  return Rows(
    four_rows(first.x, last),
    four_rows(first.y, last),
    four_rows(first.z, last),
    four_rows(first.w, last),
  );
}

// Where 4 columns begin in B and out.
struct Columns {
  b: vec4u,
  out: vec4u,
}

fn columns_from(first: u32, last: u32) -> Columns {
  let column = min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(last));
  let x = column_places(column.x);
  let y = column_places(column.y);
  let z = column_places(column.z);
  let w = column_places(column.w);
  return Columns(vec4u(x.x, y.x, z.x, w.x), vec4u(x.y, y.y, z.y, w.y));
}

fn store(index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

// Where a batch of out and of the bias begins, its sizes, and 4 columns.
struct Target {
  out: u32,
  bias: u32,
  rows: u32,
  columns: u32,
  column: u32,
  places: vec4u,
  first_part: bool,
}

fn store_row(to: Target, row: u32, sums: Element4) {
  if (row < to.rows) {
    let place = row_places(row);
    var extra = Element();
    // #hook BIAS
    // #end
    let values = sums + extra;
    let index = to.places + (to.out + place.z);
    if (to.column < to.columns) {
      store(index.x, values.x);
    }
    if (to.column + 1u < to.columns) {
      store(index.y, values.y);
    }
    if (to.column + 2u < to.columns) {
      store(index.z, values.z);
    }
    if (to.column + 3u < to.columns) {
      store(index.w, values.w);
    }
  }
}

fn store_block(to: Target, row: u32, values: Block) {
  store_row(to, row, values.r0);
  store_row(to, row + 1u, values.r1);
  if (height >= 4u) {
    store_row(to, row + 2u, values.r2);
    store_row(to, row + 3u, values.r3);
  }
}

// A loop, and values that move up, so that there is one copy of the stores.
fn store_quad(to: Target, row: vec4u, values: Quad) {
  var rest = values;
  var rows = row;
  for (var lane = 0u; lane < 4u; lane++) {
    store_block(to, rows.x, rest.own);
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
  let rows = params.rows;
  let columns = params.columns;
  let row_tiles = (rows + 4u * height - 1u) / (4u * height);
  let column_tiles = (columns + 4u * width - 1u) / (4u * width);
  let index = (group.z * groups.y + group.y) * groups.x + group.x;
  let tile = index / column_tiles;
  let whole = tile / row_tiles;
  let part = whole / params.batches;
  if (part >= params.parts) {
    return;
  }
  let batch = batch_places(whole % params.batches);
  let column = index % column_tiles * 4u * width + lane * width;
  let row = vec4u(tile % row_tiles * 4u * height) + (vec4u(lane) ^ vec4u(0u, 1u, 2u, 3u)) * height;
  let low = rows_from(row, rows - 1u);
  var high = low;
  if (height > 4u) {
    high = rows_from(row + 4u, rows - 1u);
  }
  let left = columns_from(column, columns - 1u);
  var right = left;
  if (width > 4u) {
    right = columns_from(column + 4u, columns - 1u);
  }
  let base_a = params.offset_a + batch.x;
  let base_b = params.offset_b + batch.y;
  let step_a = params.step_a;
  let step_b = params.step_b;
  let chunks = params.chunks;
  let inner = params.inner;
  let length = params.length;
  let last = min((part + 1u) * params.share, params.outer);
  for (var position = part * params.share; position < last; position++) {
    let start = outer_places(position);
    var at_a = base_a + start.x;
    var at_b = base_b + start.y;
    let count = min(inner, length - position % chunks * inner);
    for (var k = 0u; k < count; k++) {
      let of_left = four_of_b(left.b + at_b);
      var of_right = of_left;
      if (width > 4u) {
        of_right = four_of_b(right.b + at_b);
      }
      let of_low = column_of_quad(low, at_a);
      low_left = add_quad(low_left, of_low, of_left);
      if (width > 4u) {
        low_right = add_quad(low_right, of_low, of_right);
      }
      if (height > 4u) {
        let of_high = column_of_quad(high, at_a);
        high_left = add_quad(high_left, of_high, of_left);
        if (width > 4u) {
          high_right = add_quad(high_right, of_high, of_right);
        }
      }
      at_a += step_a;
      at_b += step_b;
    }
  }
  var to = Target(
    params.offset_out + part * params.part_stride + batch.w,
    params.offset_bias + batch.z,
    rows,
    columns,
    column,
    left.out,
    part == 0u,
  );
  for (var quarter = 0u; quarter < 4u; quarter++) {
    let is_right = quarter % 2u == 1u;
    let is_high = quarter >= 2u;
    to.column = column + select(0u, 4u, is_right);
    to.places = select(left.out, right.out, is_right);
    if ((width > 4u || !is_right) && (height > 4u || !is_high)) {
      store_quad(to, row + select(0u, 4u, is_high), low_left);
    }
    low_left = low_right;
    low_right = high_left;
    high_left = high_right;
  }
}
