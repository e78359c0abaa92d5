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

/** WGSL that splits `name` into coordinates `c0 ..` of a shape whose sizes are fields n1, n2, .. of Params. */
export function coordinates(name: string, rank: number, prefix = 'n', letter = 'c'): string {
  const lines: string[] = [];
  let rest = name;
  for (let dim = rank - 1; dim > 0; dim--) {
    lines.push(`let ${letter}${dim} = ${rest} % params.${prefix}${dim};`);
    lines.push(`let ${letter}_rest${dim} = ${rest} / params.${prefix}${dim};`);
    rest = `${letter}_rest${dim}`;
  }
  lines.push(`let ${letter}0 = ${rest};`);
  return lines.join('\n');
}

/** WGSL of the sum of coordinate times stride, the strides being fields `prefix`0, .. of Params. */
export function placeOf(prefix: string, rank: number, letter = 'c'): string {
  return Array.from({ length: rank }, (_, dim) => `${letter}${dim} * params.${prefix}${dim}`).join(' + ');
}
