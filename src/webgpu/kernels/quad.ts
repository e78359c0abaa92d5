// Four threads as one subgroup, a quad: hooks by which the programs in registers hand operands around instead of reading them again.

/** The hooks LANE and EXCHANGE; `rows` of the four rows of a block are in use. Needs `enable subgroups;`. */
export function quadHooks(rows: number): { readonly LANE: string; readonly EXCHANGE: string } {
  const blocks = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal'].map((swap, index) => {
    // What lane ^ (index + 1) has read.
    const read = [0, 1, 2, 3].map((row) => (row < rows ? `${swap}(own.r${row})` : 'Element4()'));
    return `let lane${index + 1} = Block(${read.join(', ')});`;
  });
  // A workgroup of four threads is one subgroup, whose lanes are numbered 0 to 3 in whatever order.
  return { LANE: '@builtin(subgroup_invocation_id) lane: u32,', EXCHANGE: blocks.join('\n') };
}
