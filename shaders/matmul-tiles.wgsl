// out[b, m, n] = sum over k of A[b, m, k] * B[b, k, n], by tiles in workgroup memory: for hardware adapters.
//
// Shapes: A is M x K, or K x M where `transpose_a`; B is K x N, or N x K where `transpose_b`; both row by row with row
// strides lda and ldb, at element offsets inside their buffers; out is contiguous, M x N a slice. M, N, K are any
// numbers from 0; K = 0 writes zeros. A batch stride of 0 repeats an operand for all batches. A slice is a batch, or of a
// batch the part of the sum from k = part * span on: slice = part * batches + batch, and sum-parts.wgsl adds the parts.
//
// Who owns what: a workgroup of `down` x `across` threads owns 4 down tall x 4 across broad of out; tall and broad are 1
// or 2, and broad is 2 where tall is. A thread owns 4 x 4 of it, where tall another 4 rows 4 down further, where broad
// another 4 columns 4 across further: so neighbouring threads read neighbouring vectors of a tile. Dispatch any x * y * z >= tiles * slices:
// workgroups are numbered, columns first, those beyond the last do nothing, and no dimension needs more than 65,535.
//
// A turn is `depth` k. Its tiles of A and B lie in workgroup memory k by k, whatever the operands' layout, so that one k
// costs a thread tall + broad vector reads for 16 tall broad multiply-adds. Threads fill the tiles by blocks of 4 k x 4
// rows (columns), one block a thread at most: depth * (tall down + broad across) <= 4 * threads. The block of the turn to
// come is in flight while the thread multiplies; with `stages` = 2 there are two sets of tiles, and one barrier a turn
// instead of two. Outside the matrices the tiles hold zeros, and nothing is read.
//
// Why blocks: a block that lies along k is turned around in registers and stored by whole vectors; components of a
// vector in shared memory may not be written by several threads. Eight neighbouring threads store neighbouring vectors,
// which lie in different banks. Why flags that are fixed with the pipeline: unused sums cost no registers.
//
// Hooks: ELEMENT the number type (f32, or i32); A_LOADS and B_LOADS how a buffer is bound and read; BATCHES where a
// batch begins; STORE and STORE_ROW what happens to a finished value, and to four of a row. An operand whose offset, row
// stride and batch stride are multiples of 4, in a binding of a multiple of 16 bytes, may be bound by vectors: in the
// hook array<vec4<Element>>, a[i >> 2u] for the four from i on and a[i >> 2u][i & 3u] for one.

struct Params {
  M: u32,
  N: u32,
  K: u32,
  batches: u32,
  slices: u32,
  span: u32,
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
override down: u32 = 16u;
override across: u32 = 16u;
override tall: u32 = 1u;
override broad: u32 = 1u;
override depth: u32 = 16u;
override stages: u32 = 1u;

// Vectors in one k of a tile; a tile of B lies behind all tiles of A.
override quads_a: u32 = down * tall;
override quads_b: u32 = across * broad;
override begin_b: u32 = stages * depth * quads_a;
// Blocks of 4 k in a turn.
override groups: u32 = depth / 4u;

var<workgroup> tiles: array<Element4, stages * depth * (quads_a + quads_b)>;

// 4 x 4 elements; of a thread's sums the rows of out.
struct Block {
  r0: Element4,
  r1: Element4,
  r2: Element4,
  r3: Element4,
}

fn turned(block: Block) -> Block {
  return Block(
    Element4(block.r0.x, block.r1.x, block.r2.x, block.r3.x),
    Element4(block.r0.y, block.r1.y, block.r2.y, block.r3.y),
    Element4(block.r0.z, block.r1.z, block.r2.z, block.r3.z),
    Element4(block.r0.w, block.r1.w, block.r2.w, block.r3.w),
  );
}

fn add_outer(sum: Block, rows: Element4, columns: Element4) -> Block {
  return Block(
    sum.r0 + rows.x * columns,
    sum.r1 + rows.y * columns,
    sum.r2 + rows.z * columns,
    sum.r3 + rows.w * columns,
  );
}

// `count` elements of A from i on, zeros behind them.
fn some_a(i: u32, count: u32) -> Element4 {
  var values = Element4();
  for (var lane = 0u; lane < min(count, 4u); lane++) {
    values[lane] = load_a(i + lane);
  }
  return values;
}

fn some_b(i: u32, count: u32) -> Element4 {
  var values = Element4();
  for (var lane = 0u; lane < min(count, 4u); lane++) {
    values[lane] = load_b(i + lane);
  }
  return values;
}

// A block of A that begins at i, with so many lines and elements along them inside.
fn block_a(i: u32, lines: u32, along: u32) -> Block {
  let next = params.lda;
  if (min(lines, along) >= 4u) {
    return Block(load_a4(i), load_a4(i + next), load_a4(i + 2u * next), load_a4(i + 3u * next));
  }
  var block = Block();
  if (lines > 0u) {
    block.r0 = some_a(i, along);
  }
  if (lines > 1u) {
    block.r1 = some_a(i + next, along);
  }
  if (lines > 2u) {
    block.r2 = some_a(i + 2u * next, along);
  }
  if (lines > 3u) {
    block.r3 = some_a(i + 3u * next, along);
  }
  return block;
}

fn block_b(i: u32, lines: u32, along: u32) -> Block {
  let next = params.ldb;
  if (min(lines, along) >= 4u) {
    return Block(load_b4(i), load_b4(i + next), load_b4(i + 2u * next), load_b4(i + 3u * next));
  }
  var block = Block();
  if (lines > 0u) {
    block.r0 = some_b(i, along);
  }
  if (lines > 1u) {
    block.r1 = some_b(i + next, along);
  }
  if (lines > 2u) {
    block.r2 = some_b(i + 2u * next, along);
  }
  if (lines > 3u) {
    block.r3 = some_b(i + 3u * next, along);
  }
  return block;
}

// The blocks that a thread copies: where in its operand and in the tiles, and how far from the edge.
struct Copy {
  // Of A, of B, or none.
  of_a: bool,
  of_b: bool,
  // Element of the first block, and elements from turn to turn.
  at: u32,
  step: u32,
  // The first k of the first block, and rows (columns) inside from its first on.
  k: u32,
  rest: u32,
  // Vector in the tiles of the first stage, vectors from k to k and from stage to stage.
  slot: u32,
  pitch: u32,
  stage: u32,
}

fn copy_of(thread: u32, batch: u32, top: u32, left: u32, first: u32) -> Copy {
  // #hook BATCHES
  let base_a = params.offset_a + batch * params.batch_stride_a;
  let base_b = params.offset_b + batch * params.batch_stride_b;
  // #end
  var copy: Copy;
  copy.of_a = thread < quads_a * groups;
  copy.of_b = !copy.of_a && thread < (quads_a + quads_b) * groups;
  let own = select(thread - quads_a * groups, thread, copy.of_a);
  let quads = select(quads_b, quads_a, copy.of_a);
  // Along k, four lines of it would be read by one thread: so the threads of one line are eight apart, and threads side
  // by side store vectors side by side.
  let along_k = select(transpose_b, !transpose_a, copy.of_a);
  let quad = select(own % quads, own % 8u + own / (8u * groups) * 8u, along_k);
  let group = select(own / quads, own / 8u % groups, along_k);
  let position = select(left, top, copy.of_a) + 4u * quad;
  let size = select(params.N, params.M, copy.of_a);
  let line = select(params.ldb, params.lda, copy.of_a);
  copy.k = first + 4u * group;
  copy.rest = max(size, position) - position;
  copy.at = select(base_b, base_a, copy.of_a) + select(copy.k * line + position, position * line + copy.k, along_k);
  copy.step = select(depth * line, depth, along_k);
  copy.slot = select(begin_b, 0u, copy.of_a) + 4u * group * quads + quad;
  copy.pitch = quads;
  copy.stage = depth * quads;
  return copy;
}

// The block of a turn, k by k; `end` is the k behind the last.
fn fetch(copy: Copy, turn: u32, end: u32) -> Block {
  let at = copy.at + turn * copy.step;
  let k = copy.k + turn * depth;
  let left = max(end, k) - k;
  if (copy.of_a) {
    if (transpose_a) {
      return block_a(at, left, copy.rest);
    }
    return turned(block_a(at, copy.rest, left));
  }
  if (copy.of_b) {
    if (transpose_b) {
      return turned(block_b(at, copy.rest, left));
    }
    return block_b(at, left, copy.rest);
  }
  return Block();
}

fn store(batch: u32, row: u32, column: u32, index: u32, value: Element) {
  // #hook STORE
  out[index] = value;
  // #end
}

fn store_row(slice: u32, row: u32, column: u32, values: Element4) {
  if (row >= params.M || column >= params.N) {
    return;
  }
  let index = params.offset_out + (slice * params.M + row) * params.N + column;
  // #hook STORE_ROW
  for (var lane = 0u; lane < min(params.N - column, 4u); lane++) {
    store(slice, row, column + lane, index + lane, values[lane]);
  }
  // #end
}

fn store_block(slice: u32, row: u32, column: u32, values: Block) {
  store_row(slice, row, column, values.r0);
  store_row(slice, row + 1u, column, values.r1);
  store_row(slice, row + 2u, column, values.r2);
  store_row(slice, row + 3u, column, values.r3);
}

@compute @workgroup_size(down * across)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups_: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let height = 4u * quads_a;
  let width = 4u * quads_b;
  let row_tiles = (params.M + height - 1u) / height;
  let column_tiles = (params.N + width - 1u) / width;
  let index = (group.z * groups_.y + group.y) * groups_.x + group.x;
  let slice = index / (row_tiles * column_tiles);
  if (slice >= params.slices) {
    return;
  }
  let top = (index / column_tiles) % row_tiles * height;
  let left = index % column_tiles * width;
  let first = slice / params.batches * params.span;
  let end = min(params.K, first + params.span);
  let turns = (end - first + depth - 1u) / depth;
  let copy = copy_of(thread, slice % params.batches, top, left, first);
  let thread_row = thread / across;
  let thread_column = thread % across;
  var low_left = Block();
  var low_right = Block();
  var high_left = Block();
  var high_right = Block();
  for (var turn = 0u; turn <= turns; turn++) {
    // On its way while the thread multiplies what is there; behind the last turn nothing is read.
    let block = fetch(copy, turn, end);
    if (turn > 0u) {
      // The compiler sees that these stay within the tiles, as all of it is in one function, and leaves out its checks.
      let stage = (turn - 1u) % stages * depth;
      let begin_rows = stage * quads_a + thread_row;
      let begin_columns = begin_b + stage * quads_b + thread_column;
      for (var k = 0u; k < depth; k++) {
        let rows = tiles[begin_rows + k * quads_a];
        let columns = tiles[begin_columns + k * quads_b];
        low_left = add_outer(low_left, rows, columns);
        if (broad > 1u) {
          let further = tiles[begin_columns + k * quads_b + across];
          low_right = add_outer(low_right, rows, further);
          if (tall > 1u) {
            let lower = tiles[begin_rows + k * quads_a + down];
            high_left = add_outer(high_left, lower, columns);
            high_right = add_outer(high_right, lower, further);
          }
        }
      }
    }
    if (turn < turns) {
      if (stages == 1u) {
        workgroupBarrier();
      }
      if (copy.of_a || copy.of_b) {
        let slot = copy.slot + turn % stages * copy.stage;
        tiles[slot] = block.r0;
        tiles[slot + copy.pitch] = block.r1;
        tiles[slot + 2u * copy.pitch] = block.r2;
        tiles[slot + 3u * copy.pitch] = block.r3;
      }
      workgroupBarrier();
    }
  }
  let row = top + 4u * thread_row;
  let column = left + 4u * thread_column;
  store_block(slice, row, column, low_left);
  if (broad > 1u) {
    store_block(slice, row, column + 4u * across, low_right);
  }
  if (tall > 1u) {
    store_block(slice, row + 4u * down, column, high_left);
    store_block(slice, row + 4u * down, column + 4u * across, high_right);
  }
}
