// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n] (+ bias[b, m]), where b, m, k and n stand for several dimensions each
// and operands are read by any strides: convolutions over windows that are never stored. In registers alone: for software
// adapters.
//
// Shapes: `rows` m, `columns` n, `batches` b, `depth` k. The place of an element is a sum of parts: of its batch, of its row
// or column, of its k. Hooks compute these parts from numbers in C order; those of rows and columns once, those of k four at
// a time. `parts` > 1 splits k: part p sums `share` turns of four k into a result of its own, part_stride elements behind
// the one before; part 0 adds the bias.
//
// Who owns what: a workgroup is one quad, 4 threads (lanes), and owns 4 `height` rows x 4 `width` columns of one batch and
// part. A lane owns a quarter of the columns for all rows, and reads a quarter of the rows for all lanes. Dispatch any
// x * y * z >= tiles * batches * parts: workgroups are numbered, columns first, then rows, batches, parts.
//
// Why: as in matmul.wgsl, a load costs as much as ten multiply-adds on 4 lanes, so every number that is loaded serves many
// products, and sums of four k by dot touch each total once. Windows begin anywhere, so loads are of single elements. Rows
// and columns past the edge repeat the last one and are not stored; k past the end count as zeros.
//
// Hooks: ELEMENT the number type (f32, or i32); FIELDS and the four PLACES where elements are; EXCHANGE and LANE how lanes
// come by each other's rows; BIAS; OUTPUTS and STORE what happens to a finished value.

struct Params {
  rows: u32,
  columns: u32,
  batches: u32,
  depth: u32,
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
// Whether the depth may be no multiple of 4.
override rest: bool = true;

// Where a batch begins: in A, B, bias and out.
fn batch_places(i: u32) -> vec4u {
  // #hook BATCH_PLACES
  return vec4u();
  // #end
}

// Where four rows are: in A, bias and out.
struct RowPlaces {
  a: vec4u,
  bias: vec4u,
  out: vec4u,
}

fn row_places(i: vec4u) -> RowPlaces {
  // #hook ROW_PLACES
  return RowPlaces(i, i, i);
  // #end
}

// Where four columns are: in B and out.
struct ColumnPlaces {
  b: vec4u,
  out: vec4u,
}

fn column_places(i: vec4u) -> ColumnPlaces {
  // #hook COLUMN_PLACES
  return ColumnPlaces(i, i);
  // #end
}

// Where four k are: in A and B.
struct InnerPlaces {
  a: vec4u,
  b: vec4u,
}

fn inner_places(i: vec4u) -> InnerPlaces {
  // #hook INNER_PLACES
  return InnerPlaces(i, i);
  // #end
}

// Four rows (or columns) with four k of each; or for four rows the sums of four columns.
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

fn add_row(sum: Element4, row: Element4, columns: Block) -> Element4 {
  return sum + Element4(dot(row, columns.r0), dot(row, columns.r1), dot(row, columns.r2), dot(row, columns.r3));
}

fn add_block(sum: Block, rows: Block, columns: Block) -> Block {
  if (height < 4u) {
    return Block(add_row(sum.r0, rows.r0, columns), add_row(sum.r1, rows.r1, columns), sum.r2, sum.r3);
  }
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

// What a lane sums up: its first 4 columns and where it has 8 the 4 after, of each lane's first 4 rows and the 4 after.
var<private> low_left: Quad;
var<private> low_right: Quad;
var<private> high_left: Quad;
var<private> high_right: Quad;

// Where four k are in A and B, and which of them are not past the end.
struct Turn {
  a: vec4u,
  b: vec4u,
  inside: vec4<bool>,
}

fn turn_from(first: u32, depth: u32, base: vec2u) -> Turn {
  let k = vec4u(first) + vec4u(0u, 1u, 2u, 3u);
  var near = k;
  if (rest) {
    near = min(k, vec4u(depth - 1u));
  }
  let places = inner_places(near);
  return Turn(places.a + base.x, places.b + base.y, k < vec4u(depth));
}

fn four_of_a(start: u32, turn: Turn) -> Element4 {
  let i = turn.a + start;
  let values = Element4(a[i.x], a[i.y], a[i.z], a[i.w]);
  if (rest) {
    return select(Element4(), values, turn.inside);
  }
  return values;
}

fn four_of_b(start: u32, turn: Turn) -> Element4 {
  let i = turn.b + start;
  let values = Element4(b[i.x], b[i.y], b[i.z], b[i.w]);
  if (rest) {
    return select(Element4(), values, turn.inside);
  }
  return values;
}

fn rows_of_a(starts: vec4u, turn: Turn) -> Block {
  let r0 = four_of_a(starts.x, turn);
  let r1 = four_of_a(starts.y, turn);
  if (height < 4u) {
    return Block(r0, r1, Element4(), Element4());
  }
  return Block(r0, r1, four_of_a(starts.z, turn), four_of_a(starts.w, turn));
}

fn columns_of_b(starts: vec4u, turn: Turn) -> Block {
  return Block(
    four_of_b(starts.x, turn),
    four_of_b(starts.y, turn),
    four_of_b(starts.z, turn),
    four_of_b(starts.w, turn),
  );
}

// Where 4 rows of each lane begin in A.
struct Rows {
  own: vec4u,
  lane1: vec4u,
  lane2: vec4u,
  lane3: vec4u,
}

// Four from `first` on; past the last the last again.
fn four_from(first: u32, last: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(last));
}

fn rows_from(first: vec4u, last: u32) -> Rows {
  return Rows(
    row_places(four_from(first.x, last)).a,
    row_places(four_from(first.y, last)).a,
    row_places(four_from(first.z, last)).a,
    row_places(four_from(first.w, last)).a,
  );
}

// Four k of 4 rows of each lane.
fn rows_of_quad(starts: Rows, turn: Turn) -> Quad {
  let own = rows_of_a(starts.own, turn);
  // #hook EXCHANGE
  let lane1 = rows_of_a(starts.lane1, turn);
  let lane2 = rows_of_a(starts.lane2, turn);
  let lane3 = rows_of_a(starts.lane3, turn);
  // #end
  return Quad(own, lane1, lane2, lane3);
}

fn store(index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

// Where a batch of out and of the bias begins, and its sizes.
struct Target {
  out: u32,
  bias: u32,
  rows: u32,
  columns: u32,
  first_part: bool,
}

// One row of four columns at `places`; `bias_at` and `out_at` are the row's.
fn store_row(to: Target, row: u32, bias_at: u32, out_at: u32, column: u32, places: vec4u, sums: Element4) {
  if (row < to.rows) {
    var extra = Element();
    // #hook BIAS
    // #end
    let values = sums + extra;
    let index = places + (to.out + out_at);
    if (column < to.columns) {
      store(index.x, values.x);
    }
    if (column + 1u < to.columns) {
      store(index.y, values.y);
    }
    if (column + 2u < to.columns) {
      store(index.z, values.z);
    }
    if (column + 3u < to.columns) {
      store(index.w, values.w);
    }
  }
}

// The sums of four columns for all lanes' rows. A loop, and values that move up, so that there is one copy of the stores.
fn store_quad(to: Target, row: vec4u, column: u32, places: vec4u, values: Quad) {
  var rest = values;
  var rows = row;
  for (var lane = 0u; lane < 4u; lane++) {
    let at = row_places(four_from(rows.x, to.rows - 1u));
    store_row(to, rows.x, at.bias.x, at.out.x, column, places, rest.own.r0);
    store_row(to, rows.x + 1u, at.bias.y, at.out.y, column, places, rest.own.r1);
    if (height >= 4u) {
      store_row(to, rows.x + 2u, at.bias.z, at.out.z, column, places, rest.own.r2);
      store_row(to, rows.x + 3u, at.bias.w, at.out.w, column, places, rest.own.r3);
    }
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
  let left = column_places(four_from(column, columns - 1u));
  var right = left;
  if (width > 4u) {
    right = column_places(four_from(column + 4u, columns - 1u));
  }
  let base = vec2u(params.offset_a + batch.x, params.offset_b + batch.y);
  let depth = params.depth;
  let last = min((part + 1u) * params.share, (depth + 3u) / 4u);
  for (var position = part * params.share; position < last; position++) {
    let turn = turn_from(4u * position, depth, base);
    let of_left = columns_of_b(left.b, turn);
    var of_right = of_left;
    if (width > 4u) {
      of_right = columns_of_b(right.b, turn);
    }
    let of_low = rows_of_quad(low, turn);
    low_left = add_quad(low_left, of_low, of_left);
    if (width > 4u) {
      low_right = add_quad(low_right, of_low, of_right);
    }
    if (height > 4u) {
      let of_high = rows_of_quad(high, turn);
      high_left = add_quad(high_left, of_high, of_left);
      if (width > 4u) {
        high_right = add_quad(high_right, of_high, of_right);
      }
    }
  }
  let to = Target(
    params.offset_out + part * params.part_stride + batch.w,
    params.offset_bias + batch.z,
    rows,
    columns,
    part == 0u,
  );
  store_quad(to, row, column, left.out, low_left);
  if (width > 4u) {
    store_quad(to, row, column + 4u, right.out, low_right);
  }
  if (height > 4u) {
    store_quad(to, row + 4u, column, left.out, high_left);
    if (width > 4u) {
      store_quad(to, row + 4u, column + 4u, right.out, high_right);
    }
  }
}
