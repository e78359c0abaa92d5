// Rows of normalisation and of layers over images: odd sizes, long lines, layouts, and where lines run.
import { full, nativeLayerNorm, nn, type Tensor } from '../../src/index.ts';
import { type Input, real, type Row, whole } from './table.ts';

const { functional } = nn;
type Call = readonly [inputs: Input[], run: (...inputs: Tensor[]) => Tensor | readonly Tensor[]];

function row(name: string, calls: readonly Call[], options: Partial<Row> = {}): Row {
  return {
    name: `nn.functional.${name}`,
    gradient: 'all',
    calls: calls.map(([inputs, run]) => ({ inputs, run })),
    ...options,
  };
}

/** Sums of many squares, and a division by their root. */
const normal = { absolute: 1e-5, relative: 2e-5 };

/** Statistics of training: data, which have no gradient. */
const known = (x: Tensor, channels: number, value: number): Tensor =>
  full([channels], value, { dtype: x.dtype, device: x.device });

export const layerRows: readonly Row[] = [
  row(
    'batchNorm',
    [
      [[real([4, 2]), real([2]), real([2])], (x, w, b) => functional.batchNorm(x, null, null, w, b, true)],
      [[real([3, 2])], (x) => functional.batchNorm(x, known(x, 2, 0.3), known(x, 2, 1.7))],
      [
        [real([33, 5, 7]), real([5]), real([5])],
        (x, w, b) => functional.batchNorm(x, null, null, w, b, { training: true, eps: 0.1 }),
      ],
      [[real([65, 3, 17, 17]), real([3])], (x, w) => functional.batchNorm(x, null, null, w, null, true)],
      [[real([5, 6, 3, 4])], (x) => functional.batchNorm(x.permute(3, 2, 1, 0), null, null, null, null, true)],
      [[real([0, 3, 2])], (x) => functional.batchNorm(x, known(x, 3, 0), known(x, 3, 1))],
    ],
    normal,
  ),
  row(
    'layerNorm',
    [
      [[real([2, 3]), real([3]), real([3])], (x, w, b) => functional.layerNorm(x, 3, w, b)],
      [[real([33, 65]), real([65]), real([65])], (x, w, b) => functional.layerNorm(x, [65], w, b)],
      [[real([2, 257, 9]), real([257, 9])], (x, w) => functional.layerNorm(x, [257, 9], w)],
      [[real([9, 5])], (x) => functional.layerNorm(x.t(), 9)],
    ],
    normal,
  ),
  row('nativeLayerNorm', [[[real([2, 3]), real([3])], (x, w) => nativeLayerNorm(x, 3, w, null, 0.1)[0]]], {
    ...normal,
    name: 'nativeLayerNorm',
  }),
  row(
    'groupNorm',
    [
      [[real([2, 4]), real([4]), real([4])], (x, w, b) => functional.groupNorm(x, 2, w, b)],
      [[real([3, 6, 7, 5]), real([6]), real([6])], (x, w, b) => functional.groupNorm(x, 3, w, b)],
      [[real([5, 7, 6, 2])], (x) => functional.groupNorm(x.permute(3, 2, 0, 1), 1)],
    ],
    normal,
  ),
  row(
    'instanceNorm',
    [
      [[real([2, 2, 3]), real([2]), real([2])], (x, w, b) => functional.instanceNorm(x, null, null, w, b)],
      [[real([3, 5, 17, 9])], (x) => functional.instanceNorm(x)],
    ],
    normal,
  ),
  row('rmsNorm', [
    [[real([2, 3]), real([3])], (x, w) => functional.rmsNorm(x, 3, w)],
    [[real([33, 65])], (x) => functional.rmsNorm(x, [65], { eps: 0.1 })],
  ]),
  row('localResponseNorm', [
    [[real([1, 4, 2])], (x) => functional.localResponseNorm(x, 3, { alpha: 0.2 })],
    [[real([3, 33, 5, 3])], (x) => functional.localResponseNorm(x, 4, 0.1, 0.6, 2)],
  ]),
  row('adaptiveAvgPool1d', [[[real([2, 65])], (x) => functional.adaptiveAvgPool1d(x, 7)]]),
  row('adaptiveAvgPool2d', [
    [[real([1, 3, 4])], (x) => functional.adaptiveAvgPool2d(x, 2)],
    [[real([3, 2, 17, 33])], (x) => functional.adaptiveAvgPool2d(x, [5, 7])],
    [[real([5, 7, 3, 2])], (x) => functional.adaptiveAvgPool2d(x.permute(3, 2, 1, 0), [3, null])],
    [[real([3, 2, 6, 9])], (x) => functional.adaptiveAvgPool2d(x, [2, 3])],
    [[real([3, 65, 9, 9])], (x) => functional.adaptiveAvgPool2d(x, 1)],
  ]),
  row('adaptiveAvgPool3d', [[[real([2, 3, 4, 5])], (x) => functional.adaptiveAvgPool3d(x, [2, 3, 1])]]),
  row('adaptiveMaxPool1d', [[[real([2, 65])], (x) => functional.adaptiveMaxPool1d(x, 7, true)]]),
  row('adaptiveMaxPool2d', [
    [[real([1, 3, 4])], (x) => functional.adaptiveMaxPool2d(x, 2)],
    [[real([3, 2, 17, 33])], (x) => functional.adaptiveMaxPool2d(x, [5, 7], true)],
    [[real([5, 7, 3, 2])], (x) => functional.adaptiveMaxPool2d(x.permute(3, 2, 1, 0), [3, 1], true)],
    [[real([3, 2, 6, 9])], (x) => functional.adaptiveMaxPool2d(x.relu(), [2, 3], true)],
  ]),
  row('adaptiveMaxPool3d', [[[real([1, 3, 4, 3])], (x) => functional.adaptiveMaxPool3d(x, [2, 3, 1], true)]]),
  row('maxUnpool2d', [
    [
      [real([2, 2]), whole([2, 2], 0, 15)],
      (x, at) => functional.maxUnpool2d(x.reshape(1, 2, 2), at.reshape(1, 2, 2), 2),
    ],
    [
      [real([3, 2, 9, 7])],
      (x) => {
        const [values, places] = functional.maxPool2d(x, 3, 2, { returnIndices: true });
        return functional.maxUnpool2d(values, places, 3, 2, 0, [9, 7]);
      },
    ],
  ]),
  row('lpPool1d', [[[real([2, 2, 9], 0.2, 2)], (x) => functional.lpPool1d(x, 3, 2)]]),
  row('lpPool3d', [[[real([1, 3, 4, 3], 0.2, 2)], (x) => functional.lpPool3d(x, 2, 2, 1)]]),
  row('lpPool2d', [
    [[real([1, 3, 4], 0.2, 2)], (x) => functional.lpPool2d(x, 3, 2)],
    [[real([2, 3, 17, 9], 0.2, 2)], (x) => functional.lpPool2d(x, 2, [3, 2], 2, true)],
  ]),
  row('upsample', [[[real([1, 2, 3])], (x) => functional.upsample(x, { scaleFactor: 2 })]]),
  row('interpolate', [
    [[real([1, 1, 3, 2])], (x) => functional.interpolate(x, [5, 3], null, 'bilinear')],
    [[real([1, 2, 3])], (x) => functional.interpolate(x, { scaleFactor: 2 })],
    [[real([1, 1, 3, 3])], (x) => functional.interpolate(x, [4, 2], null, 'bicubic', true)],
    [[real([2, 3, 17, 33])], (x) => functional.interpolate(x, { size: [33, 9], mode: 'bilinear', alignCorners: true })],
    [[real([2, 3, 17, 33])], (x) => functional.interpolate(x, { size: [5, 9], mode: 'bicubic', antialias: true })],
    [[real([5, 9, 3, 2])], (x) => functional.interpolate(x.permute(3, 2, 1, 0), { scaleFactor: 1.7 })],
    [[real([1, 2, 3, 5, 4])], (x) => functional.interpolate(x, { scaleFactor: [2, 0.5, 1], mode: 'trilinear' })],
  ]),
  row(
    'gridSample',
    [
      [[real([1, 1, 3, 3]), real([1, 2, 1, 2], -0.9, 0.9)], (x, grid) => functional.gridSample(x, grid)],
      [
        [real([2, 3, 9, 7]), real([2, 5, 13, 2], -1.7, 1.7)],
        (x, grid) => functional.gridSample(x, grid, { mode: 'bicubic', paddingMode: 'reflection' }),
      ],
      [
        [real([2, 3, 3, 4, 5]), real([2, 5, 3, 2, 3], -1.7, 1.7)],
        (x, grid) => functional.gridSample(x, grid, { paddingMode: 'border', alignCorners: true }),
      ],
    ],
    { absolute: 2e-5, relative: 2e-5 },
  ),
  row('affineGrid', [[[real([2, 2, 3])], (theta) => functional.affineGrid(theta, [2, 1, 5, 3])]]),
];
