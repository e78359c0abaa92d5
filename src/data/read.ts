// Readers of files: csv into a frame, IDX (the format of MNIST and its relatives) into a tensor, from bytes, a File, an answer
// of fetch or an address. Files may be packed by gzip.

import { leaf } from '../create/create.ts';
import { resolveDevice } from '../device.ts';
import { hostArray, type DType, type TypedArray } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { Device } from '../core/graph.ts';
import { bytesOf, isSource, type Source, unzipped } from '../io/source.ts';
import { numelOf } from '../shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { type DataFrame, readCsv as parseFrame } from './frame.ts';

/** The frame in a csv file. Text is parsed at once; what is read from elsewhere comes as a promise. */
export function readCsv(text: string): DataFrame;
export function readCsv(source: Exclude<Source, string> | Promise<Exclude<Source, string>>): Promise<DataFrame>;
export function readCsv(source: Source | Promise<Source>): DataFrame | Promise<DataFrame> {
  if (typeof source !== 'string' && (source instanceof Promise || isSource(source))) {
    const bytes = bytesOf(source, 'data.readCsv').then((packed) => unzipped(packed, 'data.readCsv'));
    return bytes.then((plain) => parseFrame(new TextDecoder().decode(plain)));
  }
  return parseFrame(source as string);
}

/** The element types of IDX files by their code: the dtype here, bytes, and how one is read. */
const kinds: Readonly<Record<number, readonly [DType, number, (view: DataView, at: number) => number]>> = {
  0x08: ['uint8', 1, (view, at) => view.getUint8(at)],
  0x09: ['int32', 1, (view, at) => view.getInt8(at)],
  0x0b: ['int32', 2, (view, at) => view.getInt16(at)],
  0x0c: ['int32', 4, (view, at) => view.getInt32(at)],
  0x0d: ['float32', 4, (view, at) => view.getFloat32(at)],
  0x0e: ['float64', 8, (view, at) => view.getFloat64(at)],
};

/**
 * The array in an IDX file, such as train-images-idx3-ubyte.gz of MNIST: (60000, 28, 28) of uint8. All numbers in it are
 * big-endian: two zeros, the kind of the elements, the number of dimensions, the sizes, the elements.
 * https://web.archive.org/web/2020/http://yann.lecun.com/exdb/mnist/
 */
export async function readIdx(
  source: Source | Promise<Source>,
  options: { readonly device?: Device | 'cpu' | 'webgpu' } = {},
): Promise<Tensor> {
  const op = 'data.readIdx';
  const bytes = await unzipped(await bytesOf(source, op), op);
  const fault = (fact: string): ArgumentError =>
    new ArgumentError({ op, fact, rule: 'an IDX file is a header of sizes and the elements' });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) throw fault('the bytes do not begin as an IDX file does');
  const kind = kinds[bytes[2]];
  if (kind === undefined) throw fault(`elements of kind ${bytes[2]}`);
  const [dtype, width, read] = kind;
  const dims = bytes[3];
  const start = 4 + 4 * dims;
  if (bytes.length < start) throw fault(`a header of ${dims} sizes in ${bytes.length} bytes`);
  const shape = Array.from({ length: dims }, (_, dim) => view.getUint32(4 + 4 * dim));
  const count = numelOf(shape);
  if (bytes.length !== start + count * width) {
    throw fault(
      `${bytes.length - start} bytes of elements where the sizes (${shape.join(', ')}) ask for ${count * width}`,
    );
  }
  const device = resolveDevice(options.device);
  const own: DType = dtype === 'float64' && device.request !== 'cpu' ? 'float32' : dtype;
  let values: TypedArray;
  if (dtype === 'uint8') values = bytes.slice(start);
  else {
    values = hostArray(own, count);
    for (let at = 0; at < count; at++) values[at] = read(view, start + at * width);
  }
  return leaf(op, values, shape, own, device, false);
}
