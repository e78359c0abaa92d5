// What tune() measures: for which products, and with which programs each. Pure.

import {
  type AdapterGrade,
  defaultMatmul,
  groupsOf,
  type ProductShape,
  type ProductTraits,
} from '../kernels/matmul-choice.ts';
import {
  inParts,
  partCounts,
  registerVariants,
  runsWithin,
  tileVariants,
  type Variant,
  vectorVariants,
} from '../kernels/matmul-variants.ts';

type Sizes = readonly [M: number, K: number, N: number, batches?: number];

const square = (size: number): Sizes => [size, size, size];
/** A perceptron of 784-256-10 with batches of 128: forward, and the gradients of its weights. */
const perceptron: readonly Sizes[] = [
  [128, 784, 256],
  [256, 128, 784],
  [128, 256, 10],
  [10, 128, 256],
];

/** Products of common training, largest gain first, because time may run out. */
const usual: Readonly<Record<AdapterGrade, readonly Sizes[]>> = {
  software: [square(512), square(256), ...perceptron, square(128), square(64), [4096, 64, 64], [512, 512, 1]],
  integrated: [
    square(512),
    square(1024),
    square(256),
    ...perceptron,
    [4096, 64, 64],
    square(2048),
    [256, 64, 256, 16],
    [64, 16_384, 64],
    [2048, 2048, 1],
    [1, 262_144, 1],
  ],
  discrete: [
    square(1024),
    square(2048),
    square(512),
    square(4096),
    square(256),
    ...perceptron,
    [4096, 64, 64],
    [512, 64, 512, 64],
    [64, 65_536, 64],
    [256, 16_384, 256],
    [8192, 1024, 1024],
    [4096, 4096, 1],
    [1, 1_048_576, 1],
  ],
};

/** The shapes of sizes: a product with a vector is two, for both ways in which its matrix may lie. */
export function shapesOf([M, K, N, batches = 1]: Sizes): ProductShape[] {
  const sizes = { M, K, N, batches };
  if (M !== 1 && N !== 1) return [{ form: 'matrices', ...sizes }];
  // Of two vectors every element is consecutive.
  const line: ProductShape = { form: 'line', ...sizes };
  return M === N ? [line] : [line, { form: 'columns', ...sizes }];
}

/** The shapes that are measured where the user names none. */
export function usualShapes(grade: AdapterGrade): ProductShape[] {
  return usual[grade].flatMap(shapesOf);
}

/** Workgroups beyond which cutting a sum further brings nothing. */
const enoughGroups = 1024;
/** Terms that a part should have at least. */
const shortestPart = 128;

/** The programs worth measuring for a shape, the default first. */
export function candidatesFor(shape: ProductShape, traits: ProductTraits): Variant[] {
  const first = defaultMatmul(shape, traits);
  const others = programsFor(shape, traits).filter((one) => one.name !== first.name && runsWithin(one, traits));
  return [first, ...others];
}

function programsFor(shape: ProductShape, { grade }: ProductTraits): readonly Variant[] {
  if (shape.form === 'matrices') {
    if (grade === 'software') return Object.values(registerVariants);
    const { small, ...larger } = tileVariants;
    // A tile that is mostly outside costs as much as one inside.
    const inside = Object.values(larger).filter(
      ({ down, across, tall, broad }) => 2 * down * tall < shape.M && 2 * across * broad < shape.N,
    );
    return [...inside, small].flatMap((one) => [one, ...cuts(one, shape)]);
  }
  const { single, columns, wideColumns, ...lines } = vectorVariants;
  if (grade === 'software') return [single, columns];
  const plain = shape.form === 'line' ? [single, ...Object.values(lines)] : [single, columns, wideColumns];
  return plain.flatMap((one) => [one, ...cuts(one, shape)]);
}

function cuts(variant: Exclude<Variant, { kind: 'registers' }>, shape: ProductShape): Variant[] {
  const groups = groupsOf(variant, shape);
  return partCounts
    .filter((parts) => shape.K / parts >= shortestPart && groups * parts <= enoughGroups)
    .map((parts) => inParts(variant, parts));
}
