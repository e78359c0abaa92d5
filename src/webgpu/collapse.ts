// Fewer dimensions for the same places: dimensions that lie behind each other in all operands become one. Pure.

/** A shape and the strides of several operands over it. */
export interface Collapsed {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Drops dimensions of size 1 and merges neighbours that every operand steps through as one. At least one dimension stays. */
export function collapse(shape: readonly number[], strides: readonly (readonly number[])[]): Collapsed {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  shape.forEach((length, dim) => {
    if (length === 1) return;
    const last = sizes.length - 1;
    const merges = last >= 0 && strides.every((list, which) => steps[which][last] === list[dim] * length);
    if (merges) {
      sizes[last] *= length;
      strides.forEach((list, which) => (steps[which][last] = list[dim]));
    } else {
      sizes.push(length);
      strides.forEach((list, which) => steps[which].push(list[dim]));
    }
  });
  if (sizes.length > 0) return { shape: sizes, strides: steps };
  return { shape: [1], strides: strides.map(() => [0]) };
}

/** WGSL that splits `name` into coordinates `c0 ..` of a shape; `size` names the sizes from the second dimension on. */
export function coordinates(name: string, rank: number, size: (dim: number) => string, letter = 'c'): string[] {
  const lines: string[] = [];
  let rest = name;
  for (let dim = rank - 1; dim > 0; dim--) {
    const above = dim === 1 ? `${letter}0` : `${letter}_rest${dim}`;
    // One division a dimension: on software adapters it costs as much as 20 multiplications.
    lines.push(`let ${above} = ${rest} / ${size(dim)};`, `let ${letter}${dim} = ${rest} - ${above} * ${size(dim)};`);
    rest = above;
  }
  return rank > 1 ? lines : [`let ${letter}0 = ${name};`];
}
