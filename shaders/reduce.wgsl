// out[o, c] = the reduction of chunk c of line o of x: sum, product, extremum or the position of one.
//
// Shapes: x is seen as `outputs` lines of `count` elements; where line o begins and where its element r lies follow from
// strides over at most the collapsed dimensions (hooks LINE and PLACE). A line is cut into `chunks`; with one chunk
// out[o] is the result, with several a second pass reduces them, so a sum of n elements rounds like a tree.
//
// Who owns what: thread (o, c) owns chunk c of line o, that is the elements c, c + chunks, c + 2 chunks, .. : neighbouring
// threads read neighbouring elements of a row, and of neighbouring lines in a column reduction. Positions are kept
// in the first pass and re-read in the second (hook CANDIDATE), and among equals the smallest wins whatever the order.
//
// Why no workgroup memory: software adapters have none worth using, and with enough chunks the second pass is small. Sums
// add up in runs of 64 before they join the total, which keeps the rounding error of a chunk near that of its runs.
//
// Hooks: ELEMENT and RESULT the types, LINE, PLACE, CANDIDATE, FIELDS; START the neutral value, STEP one element joins,
// JOIN a run joins the total.

// #hook TYPES
alias Element = f32;
alias Result = f32;
// #end

struct Params {
  outputs: u32,
  count: u32,
  chunks: u32,
  offset_x: u32,
  offset_out: u32,
  // #hook FIELDS
  stride_line: u32,
  stride_place: u32,
  // #end
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
// #hook BUFFERS
@group(0) @binding(2) var<storage, read_write> out: array<Result>;
// #end

// Where line o begins.
fn line(o: u32) -> u32 {
  // #hook LINE
  let at = o * params.stride_line;
  // #end
  return params.offset_x + at;
}

// How far from there its element r lies.
fn place(r: u32) -> u32 {
  // #hook PLACE
  let at = r * params.stride_place;
  // #end
  return at;
}

// The element number that candidate r of line o stands for.
fn candidate(o: u32, r: u32) -> u32 {
  // #hook CANDIDATE
  return r;
  // #end
}

fn start() -> Result {
  // #hook START
  return 0.0;
  // #end
}

fn step(total: Result, value: Element, position: u32, base: u32) -> Result {
  // #hook STEP
  return total + value;
  // #end
}

fn join(total: Result, run: Result, base: u32) -> Result {
  // #hook JOIN
  return total + run;
  // #end
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.outputs * params.chunks) {
    return;
  }
  let o = index / params.chunks;
  let base = line(o);
  var total = start();
  var r = index % params.chunks;
  while (r < params.count) {
    var run = start();
    for (var turn = 0u; turn < 64u && r < params.count; turn++) {
      let position = candidate(o, r);
      run = step(run, x[base + place(position)], position, base);
      r += params.chunks;
    }
    total = join(total, run, base);
  }
  out[params.offset_out + index] = total;
}
