// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n] (+ bias[b, m]), where b, m, k and n stand for several dimensions each
// and operands are read by any strides: convolutions over windows that are never stored. By tiles in workgroup memory: for
// hardware adapters.
//
// Shapes: `rows` m, `columns` n, `batches` b, `depth` k. The place of an element is a sum of parts: of its batch, of its row
// or column, of its k; hooks compute them from numbers in C order. `parts` > 1 splits k: part p sums `share` of them into a
// result of its own, part_stride elements behind the one before; part 0 adds the bias.
//
// Who owns what: a workgroup of 16 x 16 threads owns 64 x 64 of one batch and part, a thread 4 x 4 of it. Per turn of 16 k
// the first 16 threads compute where these k are, then all copy A[64 rows, 16 k] and B[16 k, 64 columns] to workgroup memory
// and multiply 16 times a vec4 by a vec4. Dispatch any x * y * z >= tiles * batches * parts: workgroups are numbered, columns
// first, then rows, batches, parts.
//
// Hooks: ELEMENT the number type (f32, or i32); FIELDS and the four PLACES where elements are; BIAS; OUTPUTS and STORE what
// happens to a finished value.

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

// Rows and columns of a workgroup, the k of a turn, and vec4 in a row of 64.
const tile = 64u;
const turn = 16u;
const quads = 16u;

// [k][row / 4] and [k][column / 4]; and where the k of a turn are in A and B.
var<workgroup> tile_a: array<Element4, 256>;
var<workgroup> tile_b: array<Element4, 256>;
var<workgroup> places: array<vec2u, 16>;

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

// In A and B.
fn inner_places(i: u32) -> vec2u {
  // #hook INNER_PLACES
  return vec2u(i);
  // #end
}

fn store(index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

// Where a batch of out and of the bias begins.
struct Target {
  out: u32,
  bias: u32,
  first_part: bool,
}

fn store_row(to: Target, row: u32, column: u32, sums: Element4) {
  if (row >= params.rows) {
    return;
  }
  let place = row_places(row);
  let bias_at = place.y;
  var extra = Element();
  // #hook BIAS
  // #end
  let values = sums + extra;
  for (var lane = 0u; lane < 4u; lane++) {
    if (column + lane < params.columns) {
      store(to.out + place.z + column_places(column + lane).y, values[lane]);
    }
  }
}

// All threads of a workgroup run this together: its loops and barriers depend on the workgroup alone.
fn compute(batch: vec4u, part: u32, top: u32, left: u32, thread: u32) {
  let rows = params.rows;
  let columns = params.columns;
  // What this thread copies: 4 k of one row of A, 4 columns of one k of B.
  let row = top + thread / 4u;
  let first = (thread % 4u) * 4u;
  let from_a = params.offset_a + batch.x + row_places(min(row, rows - 1u)).x;
  let column = left + thread % quads * 4u;
  let near = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(columns - 1u));
  let base_b = params.offset_b + batch.y;
  let from_b = vec4u(
    column_places(near.x).x,
    column_places(near.y).x,
    column_places(near.z).x,
    column_places(near.w).x,
  ) + base_b;
  let thread_row = thread / quads;
  let thread_column = thread % quads;
  var sum0 = Element4();
  var sum1 = Element4();
  var sum2 = Element4();
  var sum3 = Element4();
  let start = part * params.share;
  let stop = min(start + params.share, params.depth);
  for (var k = start; k < stop; k += turn) {
    if (thread < turn) {
      places[thread] = inner_places(min(k + thread, stop - 1u));
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      var value = Element();
      if (row < rows && k + first + i < stop) {
        value = a[from_a + places[first + i].x];
      }
      tile_a[(first + i) * quads + thread / 16u][thread / 4u % 4u] = value;
    }
    var values = Element4();
    if (k + thread_row < stop) {
      let i = from_b + places[thread_row].y;
      values = Element4(b[i.x], b[i.y], b[i.z], b[i.w]);
    }
    tile_b[thread] = values;
    workgroupBarrier();
    for (var i = 0u; i < turn; i++) {
      let of_rows = tile_a[i * quads + thread_row];
      let of_columns = tile_b[i * quads + thread_column];
      sum0 += of_rows.x * of_columns;
      sum1 += of_rows.y * of_columns;
      sum2 += of_rows.z * of_columns;
      sum3 += of_rows.w * of_columns;
    }
    workgroupBarrier();
  }
  let to = Target(
    params.offset_out + part * params.part_stride + batch.w,
    params.offset_bias + batch.z,
    part == 0u,
  );
  let mine = top + thread_row * 4u;
  store_row(to, mine, column, sum0);
  store_row(to, mine + 1u, column, sum1);
  store_row(to, mine + 2u, column, sum2);
  store_row(to, mine + 3u, column, sum3);
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row_tiles = (params.rows + tile - 1u) / tile;
  let column_tiles = (params.columns + tile - 1u) / tile;
  let index = (group.z * groups.y + group.y) * groups.x + group.x;
  let at = index / column_tiles;
  let whole = at / row_tiles;
  let part = whole / params.batches;
  if (part >= params.parts) {
    return;
  }
  let batch = batch_places(whole % params.batches);
  compute(batch, part, at % row_tiles * tile, index % column_tiles * tile, thread);
}
