// Merges neighbouring sorted runs of each line, two to one.
//
// Shapes: pairs (lines, count) of a key and a position, where run r of a line is the `run` elements from r * run on (the last may be
// shorter); merged runs keep their first `kept` elements and lie at (line / inner, p * kept + rank, line % inner) of results
// (.., total, inner). What a line keeps of its runs lies without gaps, so a search for the 10 largest of 1,000 soon merges
// little.
//
// Who owns what: one thread `tile` neighbouring results of one merged run. It finds by bisection how many of the results before
// them are from the left run (Odeh et al., "Merge Path", 2012), then merges from there. Of equal keys the left one goes first,
// so the order of ties is kept.
//
// Hooks: OUT and STORE what is written; the last merge writes positions alone.

struct Params {
  lines: u32,
  count: u32,
  run: u32,
  tiles: u32,
  run_tiles: u32,
  tile: u32,
  kept: u32,
  total: u32,
  inner: u32,
  offset_out: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pairs: array<vec2i>;
// #hook OUT
@group(0) @binding(2) var<storage, read_write> out: array<vec2i>;
// #end

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = thread.x + thread.y * groups.x * 64u;
  if (index >= params.lines * params.tiles) {
    return;
  }
  let line = index / params.tiles;
  let tile = index - line * params.tiles;
  let pair = tile / params.run_tiles;
  let start = (tile - pair * params.run_tiles) * params.tile;
  // The left run is first .. middle - 1, the right one middle .. end - 1.
  let line_end = (line + 1u) * params.count;
  let first = line_end - params.count + 2u * pair * params.run;
  let middle = min(first + params.run, line_end);
  let end = min(middle + params.run, line_end);
  let lefts = middle - first;
  let rights = end - middle;
  let stop = min(start + params.tile, min(lefts + rights, params.kept));
  var low = max(start, rights) - rights;
  var high = min(start, lefts);
  while (low < high) {
    let half = (low + high) / 2u;
    let goes_first = pairs[first + half].x <= pairs[middle + start - 1u - half].x;
    low = select(low, half + 1u, goes_first);
    high = select(half, high, goes_first);
  }
  var i = first + low;
  var j = middle + start - low;
  let last = line_end - 1u;
  var left = pairs[min(i, last)];
  var right = pairs[min(j, last)];
  let inner = params.inner;
  let outer = line / inner;
  var to_place = params.offset_out + (outer * params.total + pair * params.kept + start) * inner + line - outer * inner;
  for (var at = start; at < stop; at++) {
    let takes_left = (j >= end) | ((i < middle) & (left.x <= right.x));
    let chosen = select(right, left, takes_left);
    // #hook STORE
    out[to_place] = chosen;
    // #end
    i += select(0u, 1u, takes_left);
    j += select(1u, 0u, takes_left);
    let next = pairs[min(select(j, i, takes_left), last)];
    left = select(left, next, takes_left);
    right = select(next, right, takes_left);
    to_place += inner;
  }
}
