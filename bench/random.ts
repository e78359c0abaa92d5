// Seeded numbers for the inputs of the cases: the same on every machine and for every contender. Knows no library.

/** A tensor on the host: the elements in C order. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Uniform numbers in [0, 1): a Weyl sequence whose state is mixed by two multiplications (mulberry32). */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Independent normal elements with mean 0, by the method of Box and Muller (1958). */
export function normal(seed: number, shape: readonly number[], deviation = 1): HostTensor {
  const draw = uniforms(seed);
  const values = new Float32Array(sizeOf(shape));
  for (let at = 0; at < values.length; at += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - draw()));
    const angle = 2 * Math.PI * draw();
    values[at] = radius * Math.cos(angle);
    if (at + 1 < values.length) values[at + 1] = radius * Math.sin(angle);
  }
  return { shape, values };
}

/** Independent elements, uniform in [0, 1). */
export function uniform(seed: number, shape: readonly number[]): HostTensor {
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, uniforms(seed)) };
}

export function full(shape: readonly number[], value: number): HostTensor {
  return { shape, values: new Float32Array(sizeOf(shape)).fill(value) };
}

/** Class numbers below `classes` as float32, one for each of `count` examples. */
export function labels(seed: number, count: number, classes: number): HostTensor {
  const draw = uniforms(seed);
  return { shape: [count], values: Float32Array.from({ length: count }, () => Math.floor(draw() * classes)) };
}

/** (M, N) -> (N, M), elements moved. */
export function transposed({ shape, values }: HostTensor): HostTensor {
  const [rows, columns] = shape;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) moved[column * rows + row] = values[row * columns + column];
  return { shape: [columns, rows], values: moved };
}

/** The same elements under another shape. */
export function reshaped({ values }: HostTensor, shape: readonly number[]): HostTensor {
  return { shape, values };
}

/** The dimensions in another order, elements moved. */
export function permuted({ shape, values }: HostTensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, dim) => sizeOf(shape.slice(dim + 1)));
  const sizes = order.map((dim) => shape[dim]);
  const moved = values.map((_, place) => {
    let rest = place;
    let at = 0;
    for (let dim = order.length - 1; dim >= 0; dim--) {
      at += (rest % sizes[dim]) * strides[order[dim]];
      rest = Math.floor(rest / sizes[dim]);
    }
    return values[at];
  });
  return { shape: sizes, values: moved };
}

/** Class numbers (B) -> (B, classes) with a 1 at each class. */
export function oneHot({ values }: HostTensor, classes: number): HostTensor {
  const made = new Float32Array(values.length * classes);
  values.forEach((label, at) => (made[at * classes + label] = 1));
  return { shape: [values.length, classes], values: made };
}
