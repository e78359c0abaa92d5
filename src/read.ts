// What leaves the device and is awaited: numbers, arrays, text, answers. Each read binds its value at the call.

import { type DType, hostArray, hostArrayFrom, type TypedArray } from './dtype.ts';
import { ArgumentError, DTypeError, type ErrorParts, ShapeError } from './errors.ts';
import { takeChecks } from './autograd/anomaly.ts';
import { flushReads, realizeStorage } from './core/flush.ts';
import type { Device, Node } from './core/graph.ts';
import { resolveDevice, getDefaultDevice } from './device.ts';
import { formatTensor, type PrintOptions, type PrintProfile, setPrintOptions } from './host/format.ts';
import { pythonText, snakeCase } from './host/python.ts';
import { copyNode, onTape } from './ops/apply.ts';
import { tupleName } from './ops/reduce.ts';
import { expand } from './ops/view.ts';
import { makeLeaf } from './core/graph.ts';
import { broadcastShapes, formatShape, numelOf, placesInOrder, sameShape } from './shape.ts';
import { define, defineAwaited, isPlainObject, optional, p, type Param } from './core/signature.ts';
import { Tensor } from './core/tensor.ts';

/** Values of at most this many elements stay on the host after a read. */
const keptNumel = 1 << 20;

/** The elements of a node in C order; rejects with what `autograd.detectAnomaly` found until here. */
function readNode(node: Node): Promise<TypedArray> {
  const checks = takeChecks(node.device);
  if (checks === null) return readElements(node);
  const both = [readElements(node), readElements(checks.found)] as const;
  return Promise.all(both).then(([values, found]) => {
    checks.judge(found, values);
    return values;
  });
}

/** The elements of a node in C order. The work is recorded before this returns its promise. */
async function readElements(node: Node): Promise<TypedArray> {
  const { root } = node;
  if (root.host === null) flushReads(node.device, [node]);
  if (root.host !== null) return layoutOf(node, root.host);
  const values = await node.device.read(node);
  if (node === root && values.length <= keptNumel && root.host === null) root.host = values.slice();
  return values;
}

/** The elements that a node shows of the host copy of its root. */
function layoutOf(node: Node, host: TypedArray): TypedArray {
  const { shape, strides, offset } = node;
  const out = host.slice(0, 0).constructor as new (size: number) => TypedArray;
  const values = new out(numelOf(shape));
  const position = new Array<number>(shape.length).fill(0);
  const back = placesInOrder(node.root.shape, node.root.strides);
  for (let index = 0; index < values.length; index++) {
    let at = offset;
    for (let dim = 0; dim < shape.length; dim++) at += position[dim] * strides[dim];
    values[index] = host[back === null ? at : back(at)];
    for (let dim = shape.length - 1; dim >= 0 && ++position[dim] === shape[dim]; dim--) position[dim] = 0;
  }
  return values;
}

/** The elements as a typed array in C order. https://pytorch.org/docs/stable/generated/torch.Tensor.numpy.html */
export const numpy = define('numpy', [p.tensor('input')], (input): Promise<TypedArray> => readNode(input.node));

/** The only element: a number, of a bool tensor true or false, whose type is to be named: item<boolean>(). */
interface Item {
  <T extends number | boolean = number>(input: Tensor): Promise<T>;
  readonly signature: readonly Param[];
}

/** The only element: a number, of a bool tensor true or false. https://pytorch.org/docs/stable/generated/torch.Tensor.item.html */
export const item = define('item', [p.tensor('input')], (input): Promise<number | boolean> => {
  if (input.numel() !== 1) {
    throw new ShapeError({
      op: 'item',
      fact: `a tensor of shape ${formatShape(input.shape)}`,
      rule: 'only one element can be converted to a number',
      cure: 'Use await x.numpy() or await x.tolist().',
    });
  }
  const { dtype } = input;
  return readNode(input.node).then(([value]) => hostValue(value, dtype));
}) as unknown as Item;

/** An element as JavaScript has it: a boolean of a bool tensor. */
function hostValue(value: number, dtype: DType): number | boolean {
  return dtype === 'bool' ? value !== 0 : value;
}

/** Whether the only element is not 0 (true for NaN). https://pytorch.org/docs/stable/generated/torch.is_nonzero.html */
export const isNonzero = defineAwaited('isNonzero', [p.tensor('input')], async (input): Promise<boolean> => {
  if (input.numel() === 1) return Number(await item(input)) !== 0;
  throw new ShapeError({
    op: 'isNonzero',
    fact: `a tensor of shape ${formatShape(input.shape)}`,
    rule: 'only one element is zero or not',
    cure: 'Use x.any() or x.all().',
  });
});

/** Nested lists of numbers or booleans. */
export type NestedList = number | boolean | NestedList[];

/**
 * Nested lists of as many levels as the reader takes them for, which the type of a tensor does not say: `list[0][0] + 1`,
 * `list.map((row) => row.length)`, `const rows: number[][] = list`. Nothing is a number and a list; each part is one of the two.
 */
export type NestedNumbers = number & NestedNumbers[];

/** The elements as nested lists; of a bool tensor booleans. https://pytorch.org/docs/stable/generated/torch.Tensor.tolist.html */
export const tolist = define('tolist', [p.tensor('input')], async (input): Promise<NestedNumbers> => {
  const { shape, dtype } = input;
  const values = await readNode(input.node);
  let at = 0;
  const take = (dim: number): NestedList => {
    if (dim === shape.length) return hostValue(values[at++], dtype);
    return Array.from({ length: shape[dim] }, () => take(dim + 1));
  };
  return take(0) as NestedNumbers;
});

/** PyTorch's text for a tensor. */
export const repr = define('repr', [p.tensor('input')], async (input): Promise<string> => {
  if (input.reprWithoutValues !== null) return input.reprWithoutValues;
  const { shape, dtype, gradFn } = input;
  const requiresGrad = input.isLeaf && input.requiresGrad;
  const home = getDefaultDevice();
  const elsewhere = input.device !== home && input.device.type !== home.type;
  const prefix = input.reprPrefix;
  const data = await readNode(input.node);
  const device = elsewhere ? input.device.type : undefined;
  return prefix + formatTensor({ shape: [...shape], dtype, data, gradFn: gradFn?.name(), requiresGrad, device });
});

let lastPrint: Promise<unknown> = Promise.resolve();

/** Prints like Python's print: tensors as PyTorch shows them, everything else as text. Prints keep their order. */
export function print(...values: readonly unknown[]): Promise<void> {
  const texts = Promise.all(values.map(textOf));
  const before = lastPrint;
  const done = (async () => {
    await before;
    console.log((await texts).join(' '));
  })();
  // The next print waits for this one also when it fails; whoever holds this promise sees the failure.
  lastPrint = done.catch(() => undefined);
  return done;
}

/** What Python's print shows of a value; that of a tensor is bound at the call. */
export function textOf(value: unknown): Promise<string> {
  return typeof value === 'string' ? Promise.resolve(value) : reprOf(value);
}

/** What Python shows of a value inside a list: text has quotes there. */
async function reprOf(value: unknown): Promise<string> {
  if (value instanceof Tensor) return repr(value);
  if (typeof value !== 'object' || value === null) return pythonText(value);
  if (Array.isArray(value)) return `[${(await Promise.all(value.map(reprOf))).join(', ')}]`;
  if (describesItself(value)) return value.repr();
  if (!isPlainObject(value)) return String(value);
  const parts = Object.entries(value).map(async ([key, one]) => [key, await reprOf(one)] as const);
  const entries = await Promise.all(parts);
  const name = tupleName(value);
  if (name === undefined) return `{${entries.map(([key, text]) => `'${key}': ${text}`).join(', ')}}`;
  const named = entries.map(([key, text]) => `${key === key.toUpperCase() ? key : snakeCase(key)}=${text}`);
  return `torch.return_types.${snakeCase(name.replace('.', '_'))}(\n${named.join(',\n')})`;
}

/** Whether a value has a text of its own that must be awaited, as tensors have. */
function describesItself(value: object): value is { repr(): Promise<string> } {
  return 'repr' in value && typeof value.repr === 'function';
}

/** Computes the value now and keeps it on the device; resolves to the tensor. */
export const realize = define('realize', [p.tensor('input')], async (input): Promise<Tensor> => {
  realizeStorage(input.storage);
  const backend = input.device.backend ?? (await input.device.open());
  await backend.settled();
  return input;
});

/** The tensor on another device. From the GPU to the CPU is a read: use `await x.cpu()`. */
export function toDevice(x: Tensor, target: Device): Tensor {
  if (target === x.device || (target.backend !== null && target.backend === x.device.backend)) return x;
  const host = hostNow(x);
  const dtype = x.dtype === 'float64' && target.request !== 'cpu' ? 'float32' : x.dtype;
  const node = makeLeaf(hostArrayFrom(dtype, host), target, dtype, x.shape);
  return onTape(
    'ToCopyBackward0',
    (grad) => [toDevice(grad, x.device)],
    [x],
    node.op.kind === 'leaf' ? copyNode(node) : node,
  );
}

/** The elements that the host has without any device's work: of data that were given, constants, what was read; else null. */
export function knownNow(x: Tensor): TypedArray | null {
  const { node } = x;
  const { root } = node;
  if (root.host !== null) return layoutOf(node, root.host);
  if (root.op.kind !== 'kernel' || root.op.name !== 'fill') return null;
  return hostArray(x.dtype, x.numel()).fill(root.inputs[0].number);
}

/** The elements of a tensor whose value can be had without waiting: known, or on the CPU device. */
export function hostNow(x: Tensor, refusal?: ErrorParts): TypedArray {
  const known = knownNow(x);
  if (known !== null) return known;
  const { node } = x;
  const { backend } = node.device;
  if (backend?.readNow) {
    flushReads(node.device, [node]);
    return backend.readNow(node);
  }
  throw new ArgumentError(
    refusal ?? {
      op: 'to',
      fact: `a value that was computed on ${x.device.type}`,
      rule: 'bringing it to another device is a read and must be awaited',
      cure: 'Use await x.cpu(), or of a module await net.cpu().',
    },
  );
}

/** The tensor on the CPU device, without a place on the tape. https://pytorch.org/docs/stable/generated/torch.Tensor.cpu.html */
export const cpu = define('cpu', [p.tensor('input')], async (input): Promise<Tensor> => {
  const target = resolveDevice('cpu');
  if (input.device === target) return input;
  const values = await readNode(input.node);
  return Tensor.of(makeLeaf(values, target, input.dtype, input.shape));
});

/** Whether two tensors have the same shape and elements. https://pytorch.org/docs/stable/generated/torch.equal.html */
export const equal = define('equal', [p.tensor('input'), p.tensor('other')], async (input, other): Promise<boolean> => {
  const reads = [readNode(input.node), readNode(other.node)];
  if (formatShape(input.shape) !== formatShape(other.shape)) return false;
  const [left, right] = await Promise.all(reads);
  return left.every((value, index) => value === right[index]);
});

/** Whether |input - other| <= atol + rtol * |other| everywhere. https://pytorch.org/docs/stable/generated/torch.allclose.html */
export const allclose = define(
  'allclose',
  [
    p.tensor('input'),
    p.tensor('other'),
    optional(p.number('rtol'), 1e-5),
    optional(p.number('atol'), 1e-8),
    optional(p.bool('equalNan'), false),
  ],
  (input, b, rtol, atol, equalNan): Promise<boolean> => {
    requireNotNegative('rtol', rtol);
    requireNotNegative('atol', atol);
    if (input.dtype !== b.dtype) {
      throw new DTypeError({
        op: 'allclose',
        fact: `dtypes ${input.dtype} and ${b.dtype}`,
        rule: 'they must be equal',
      });
    }
    const shape = broadcastShapes('allclose', input.shape, b.shape);
    const wide = (x: Tensor): Tensor => (sameShape(x.shape, shape) ? x : expand(x, shape));
    return Promise.all([readNode(wide(input).node), readNode(wide(b).node)]).then(([left, right]) =>
      left.every((value, index) => {
        const other = right[index];
        if (value === other || (equalNan && Number.isNaN(value) && Number.isNaN(other))) return true;
        return Number.isFinite(other) && Math.abs(value - other) <= atol + rtol * Math.abs(other);
      }),
    );
  },
);

function requireNotNegative(name: string, value: number): void {
  if (value < 0)
    throw new ArgumentError({ op: 'allclose', fact: `${name} is ${value}`, rule: 'it must not be negative' });
}

const isProfile = (value: unknown): boolean => value === 'default' || value === 'short' || value === 'full';

/**
 * How tensors are printed: a profile first, then the single options over it. https://pytorch.org/docs/stable/generated/torch.set_printoptions.html
 */
export const setPrintoptions = define(
  'setPrintoptions',
  [
    optional(p.int('precision'), null),
    optional(p.number('threshold'), null),
    optional(p.int('edgeitems'), null),
    optional(p.int('linewidth'), null),
    optional(p.custom<PrintProfile>()('profile', "'default', 'short' or 'full'", isProfile), null),
    optional(p.bool('sciMode'), null),
  ],
  (precision, threshold, edgeitems, linewidth, profile, sciMode): void => {
    const given = { precision, threshold, edgeitems, linewidth, sciMode };
    const named = Object.entries(given).filter(([, value]) => value !== null);
    setPrintOptions(profile, Object.fromEntries(named) as Partial<PrintOptions>);
  },
);
