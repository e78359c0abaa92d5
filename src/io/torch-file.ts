// save and load: nests of tensors, numbers and text as files of torch.save, readable by torch.load(.., weights_only=True), and
// back. The file is a zip archive with a pickle (data.pkl) and the bytes of each storage beside it.
// https://pytorch.org/docs/stable/notes/serialization.html

import { leaf } from '../create/create.ts';
import { resolveDevice } from '../device.ts';
import { hostArray } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import type { Device } from '../core/graph.ts';
import { numpy } from '../read.ts';
import { contiguousStrides, numelOf } from '../shape.ts';
import { describe, isPlainObject } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import { decodeElements, type ElementKind, encodeElements } from './elements.ts';
import { PickleWriter } from './pickle.ts';
import { bytesOf, type Source } from './source.ts';
import { type Global, type Pickled, Tuple, unpickle } from './unpickle.ts';
import { isZip, readZip, writeZip } from './zip.ts';

/** What can be saved: tensors, numbers, text, booleans, null, and lists, plain objects and maps of these. */
export type Savable =
  | Tensor
  | number
  | bigint
  | string
  | boolean
  | null
  | readonly Savable[]
  | ReadonlyMap<string | number, Savable>
  | { readonly [key: string]: Savable };

const storageNames: Readonly<Record<string, ElementKind>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** The elements of a tensor on the way into a file. */
interface Stored {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a file that `load` and PyTorch's torch.load read. Plain objects become dicts; their keys are text, but for whole
 * numbers with a value that is no tensor, which become ints as in an optimizer's state. Gradients are not saved.
 * https://pytorch.org/docs/stable/generated/torch.save.html
 */
export async function save(obj: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<Tensor, Stored>();
  const reads: Promise<void>[] = [];
  const layouts = new Map<string, Stored>();
  const storages = new Map<unknown, number>();
  // All values are bound here, before anything is awaited.
  collectTensors(obj, 'the value', (tensor) => {
    if (tensors.has(tensor)) return;
    const { storage, shape, dtype } = tensor;
    if (!storages.has(storage)) storages.set(storage, storages.size);
    const same = `${storages.get(storage)}:${tensor.storageOffset()}:${shape.join()}:${tensor.strides.join()}`;
    let stored = layouts.get(same);
    if (stored === undefined) {
      const slot: { key: string; bytes: Uint8Array } = { key: String(layouts.size), bytes: new Uint8Array(0) };
      layouts.set(same, (stored = slot));
      reads.push(numpy(tensor).then((values) => void (slot.bytes = encodeElements(values, dtype))));
    }
    tensors.set(tensor, stored);
  });
  const pickle = new PickleWriter();
  writeValue(pickle, obj, tensors);
  const text = new TextEncoder();
  const files = new Map<string, Uint8Array>([['archive/data.pkl', pickle.finish()]]);
  await Promise.all(reads);
  for (const { key, bytes } of layouts.values()) files.set(`archive/data/${key}`, bytes);
  files.set('archive/version', text.encode('3\n'));
  files.set('archive/byteorder', text.encode('little'));
  return writeZip(files);
}

/** Calls `found` for each tensor of a nest; throws on what cannot be saved, naming where it is. */
function collectTensors(value: unknown, path: string, found: (tensor: Tensor) => void): void {
  if (value instanceof Tensor) return found(value);
  if (value === null || ['number', 'bigint', 'string', 'boolean'].includes(typeof value)) return;
  if (Array.isArray(value)) {
    return value.forEach((one, at) => collectTensors(one, `${path}[${at}]`, found));
  }
  if (value instanceof Map) {
    for (const [key, one] of value as Map<unknown, unknown>) {
      if (typeof key !== 'string' && !Number.isInteger(key)) throw notSavable(`a key of ${path}`, key);
      collectTensors(one, `${path}.${String(key)}`, found);
    }
    return;
  }
  if (!isPlainObject(value)) throw notSavable(path, value);
  for (const [key, one] of Object.entries(value)) collectTensors(one, `${path}.${key}`, found);
}

function notSavable(path: string, value: unknown): ArgumentError {
  const isModule = typeof value === 'function' && 'stateDict' in value;
  const hasState = isModule || (typeof value === 'object' && value !== null && 'stateDict' in value);
  return new ArgumentError({
    op: 'save',
    fact: `${path} is ${value === undefined ? 'undefined' : describe(value)}`,
    rule: 'tensors, numbers, text, booleans, null, lists, plain objects and maps are saved',
    cure: hasState ? 'Save its state: save(net.stateDict()).' : undefined,
  });
}

const isWhole = (key: string): boolean => /^(0|[1-9]\d{0,8})$/.test(key);

function writeValue(pickle: PickleWriter, value: unknown, tensors: ReadonlyMap<Tensor, Stored>): void {
  const write = (one: unknown): void => writeValue(pickle, one, tensors);
  if (value instanceof Tensor) writeTensor(pickle, value, tensors.get(value) as Stored);
  else if (value === null || typeof value === 'boolean') pickle.constant(value);
  else if (typeof value === 'number' || typeof value === 'bigint') pickle.number(value);
  else if (typeof value === 'string') pickle.text(value);
  else if (Array.isArray(value)) pickle.list(() => value.forEach(write));
  else {
    const isMap = value instanceof Map;
    const entries = isMap ? [...(value as Map<string | number, unknown>)] : Object.entries(value as object);
    pickle.dict(() => {
      for (const [key, one] of entries) {
        const counts = !isMap && isWhole(key as string) && !(one instanceof Tensor);
        write(counts ? Number(key) : key);
        write(one);
      }
    });
  }
}

/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks). */
function writeTensor(pickle: PickleWriter, tensor: Tensor, { key }: Stored): void {
  const { shape, dtype } = tensor;
  const storage = Object.entries(storageNames).find(([, kind]) => kind === dtype) as [string, ElementKind];
  const sizes = (list: readonly number[]) => pickle.tuple(() => list.forEach((one) => pickle.number(one)));
  pickle.call('torch._utils', '_rebuild_tensor_v2', () => {
    pickle.persistent(() =>
      pickle.tuple(() => {
        pickle.text('storage');
        pickle.name('torch', storage[0]);
        pickle.text(key);
        pickle.text('cpu');
        pickle.number(numelOf(shape));
      }),
    );
    pickle.number(0);
    sizes(shape);
    sizes(contiguousStrides(shape));
    pickle.constant(tensor.isLeaf && tensor.requiresGrad);
    pickle.call('collections', 'OrderedDict', () => undefined);
  });
}

/** Options of `load`. */
export interface LoadOptions {
  /** Where the tensors are to be; the default device if nothing is said. */
  readonly device?: Device | 'cpu' | 'webgpu';
}

/** The bytes of a storage of a file. */
interface StorageRecord {
  readonly kind: ElementKind;
  readonly bytes: Uint8Array;
}

/**
 * The nest of tensors, numbers and text of a file of torch.save or `save`: dicts as plain objects, lists and tuples as arrays.
 * Nothing is executed; what is none of these is refused by its name. float16 and bfloat16 become float32, int64 int32.
 * T is what the reader takes the file for, which nothing checks: a state dict where neither he nor the place says more, as in
 * `net.loadStateDict(await load(file))`; `await load<Tensor>(file)` else.
 * https://pytorch.org/docs/stable/generated/torch.load.html
 */
export async function load<T = Record<string, Tensor>>(
  source: Source | Promise<Source>,
  options: LoadOptions = {},
): Promise<T> {
  const bytes = await bytesOf(source, 'load');
  if (!isZip(bytes)) {
    throw new ArgumentError({
      op: 'load',
      fact: 'the bytes are no archive of torch.save',
      rule: 'PyTorch writes such archives since version 1.6',
      cure: 'Save it anew with torch.save; of safetensors files use safetensors.load.',
    });
  }
  const files = readZip(bytes, 'load');
  const pickled = [...files.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickled === undefined) {
    throw new ArgumentError({ op: 'load', fact: 'an archive without data.pkl', rule: 'torch.save writes one' });
  }
  const folder = pickled.slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little') {
    throw new ArgumentError({
      op: 'load',
      fact: 'an archive of big-endian numbers',
      rule: 'little-endian ones are read',
    });
  }
  const device = resolveDevice(options.device);
  const persistent = (id: Pickled): StorageRecord => {
    const [what, type, key] = id instanceof Tuple ? id.items : [];
    const record = files.get(`${folder}data/${String(key)}`);
    const kind = storageNames[(type as Global | undefined)?.name.split('.').at(-1) ?? ''];
    if (what !== 'storage' || record === undefined || kind === undefined) {
      throw new ArgumentError({
        op: 'load',
        fact: `storage '${String(key)}' is not in the archive`,
        rule: 'each tensor needs its own',
      });
    }
    return { kind, bytes: record };
  };
  return plain(unpickle(files.get(pickled) as Uint8Array, 'load', globalsFor(device), persistent)) as T;
}

/** The names that a file may use. */
function globalsFor(device: Device): (name: string) => Global | undefined {
  const rebuild = (...[storage, offset, size, stride, requiresGrad]: Pickled[]) =>
    tensorOf(storage, offset, size, stride, requiresGrad === true, device);
  const calls: Readonly<Record<string, Global['call']>> = {
    'torch._utils._rebuild_tensor': rebuild,
    'torch._utils._rebuild_tensor_v2': rebuild,
    'torch._utils._rebuild_parameter': (data, requiresGrad) =>
      requiresGrad === true ? (data as Tensor).requiresGrad_() : data,
    'collections.OrderedDict': (items) => {
      const pairs = Array.isArray(items) ? (items as (Tuple | Pickled[])[]) : [];
      return new Map(pairs.map((pair) => (pair instanceof Tuple ? pair.items : pair) as readonly [Pickled, Pickled]));
    },
    'torch.Size': (sizes) => sizes,
  };
  return (name) => {
    if (Object.hasOwn(calls, name)) return { name, call: calls[name] };
    const [space, type] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
    return space === 'torch' && Object.hasOwn(storageNames, type) ? { name } : undefined;
  };
}

const listOf = (value: Pickled): readonly number[] =>
  (value instanceof Tuple ? value.items : value) as readonly number[];

function tensorOf(
  storage: Pickled,
  offset: Pickled,
  size: Pickled,
  stride: Pickled,
  requiresGrad: boolean,
  device: Device,
): Tensor {
  const { kind, bytes } = storage as StorageRecord;
  const [shape, strides, start] = [[...listOf(size)], listOf(stride), offset as number];
  const { dtype, values } = decodeElements(kind, bytes, 'load', device.request === 'cpu');
  const count = numelOf(shape);
  const reach = count === 0 ? 0 : start + 1 + shape.reduce((sum, length, dim) => sum + (length - 1) * strides[dim], 0);
  if (reach > values.length || start < 0 || strides.some((step) => step < 0)) {
    throw new ArgumentError({
      op: 'load',
      fact: `a tensor of ${count} elements in a storage of ${values.length}`,
      rule: 'the storage must hold them',
    });
  }
  const own = hostArray(dtype, count);
  if (count > 0 && contiguousStrides(shape).join() !== strides.join()) {
    const place = shape.map(() => 0);
    for (let at = 0; at < count; at++) {
      own[at] = values[place.reduce((sum, index, dim) => sum + index * strides[dim], start)];
      for (let dim = shape.length - 1; dim >= 0 && ++place[dim] === shape[dim]; dim--) place[dim] = 0;
    }
  } else own.set(values.subarray(start, start + count));
  return leaf('load', own, shape, dtype, device, requiresGrad);
}

/** Maps as plain objects and tuples as arrays, all the way down. */
function plain(value: Pickled): unknown {
  if (value instanceof Tensor || value === null || typeof value !== 'object') return value;
  if (value instanceof Tuple) return value.items.map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)].map(([key, one]) => [keyText(key), plain(one)] as const);
    return Object.fromEntries(entries);
  }
  throw new ArgumentError({
    op: 'load',
    fact: 'a value that is no tensor, number, text, list or dict',
    rule: 'only these are read',
  });
}

function keyText(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw new ArgumentError({
    op: 'load',
    fact: `a dict with the key ${describe(key)}`,
    rule: 'keys are text or integers',
  });
}
