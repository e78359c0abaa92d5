// The safetensors format: named tensors behind a header of JSON. Holds tensors alone, so there is nothing to refuse but what is
// damaged. https://github.com/huggingface/safetensors#format

import { leaf } from '../create/create.ts';
import { resolveDevice } from '../device.ts';
import { ArgumentError } from '../errors.ts';
import { numpy } from '../read.ts';
import { numelOf } from '../shape.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { decodeElements, elementBytes, type ElementKind, encodeElements } from './elements.ts';
import { bytesOf, type Source } from './source.ts';
import type { LoadOptions } from './torch-file.ts';

const kinds: Readonly<Record<string, ElementKind>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The bytes of a safetensors file of named tensors; `metadata`: text by name in its header. */
export async function save(
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const list = Object.entries(tensors);
  const wrong = list.find(([, tensor]) => !(tensor instanceof Tensor));
  if (wrong !== undefined) {
    throw new ArgumentError({
      op: 'safetensors.save',
      fact: `${wrong[0]} is ${describe(wrong[1])}`,
      rule: 'the values are tensors',
    });
  }
  const parts = await Promise.all(list.map(async ([, tensor]) => encodeElements(await numpy(tensor), tensor.dtype)));
  let end = 0;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  list.forEach(([name, { dtype, shape }], at) => {
    const start = end;
    end += parts[at].length;
    const code = Object.keys(kinds).find((key) => kinds[key] === dtype);
    header[name] = { dtype: code, shape: [...shape], data_offsets: [start, end] };
  });
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces fill up to a multiple of 8, so that the elements are aligned.
  const length = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + length + end).fill(32, 8, 8 + length);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(text, 8);
  let at = 8 + length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The named tensors of a safetensors file. */
export async function load(
  source: Source | Promise<Source>,
  options: LoadOptions = {},
): Promise<Record<string, Tensor>> {
  const op = 'safetensors.load';
  const bytes = await bytesOf(source, op);
  const fault = (fact: string): ArgumentError =>
    new ArgumentError({ op, fact, rule: 'the file is damaged, or no safetensors file' });
  if (bytes.length < 8) throw fault(`${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (8 + length > bytes.length) throw fault(`a header of ${length} bytes in a file of ${bytes.length}`);
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>;
  } catch {
    throw fault('a header that is no JSON');
  }
  const device = resolveDevice(options.device);
  const data = bytes.subarray(8 + length);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    entries.map(([name, { dtype, shape, data_offsets }]) => {
      const kind = kinds[dtype];
      if (kind === undefined) throw fault(`${name} of kind ${dtype}`);
      const [start, end] = data_offsets;
      if (start < 0 || end > data.length || end - start !== numelOf(shape) * elementBytes[kind]) {
        throw fault(`${name} of shape (${shape.join(', ')}) in ${end - start} bytes`);
      }
      const { dtype: own, values } = decodeElements(kind, data.subarray(start, end), op, device.request === 'cpu');
      return [name, leaf(op, values, [...shape], own, device, false)];
    }),
  );
}
