// What loading, moving and clearing do to the tensors of a module: all faults are found before anything is written.
// Knows state dicts and tensors, but no module.

import { captureGradient } from '../core/capture.ts';
import { noGrad } from '../autograd/autograd.ts';
import { resolveDevice } from '../device.ts';
import { type DType, dtypeAliases, isFloat } from '../dtype.ts';
import { ArgumentError } from '../errors.ts';
import { Device } from '../core/graph.ts';
import { clone } from '../ops/copy.ts';
import { copy_ } from '../ops/inplace.ts';
import { fillAll } from '../ops/lists.ts';
import { toDType, untaped } from '../ops/apply.ts';
import { asOperation } from '../core/mode.ts';
import { cpu, toDevice } from '../read.ts';
import { formatShape, sameShape } from '../shape.ts';
import { describe } from '../core/signature.ts';
import { Tensor } from '../core/tensor.ts';
import {
  adopt,
  isUninitialized,
  Parameter,
  type Place,
  placeOf,
  UninitializedBuffer,
  UninitializedParameter,
} from './parameter.ts';

/** Tensors by their path in a module, such as `0.weight`. */
export type StateDict = Record<string, Tensor>;

/** What `loadStateDict` found: names that the dict lacks, and names that the module lacks. */
export class IncompatibleKeys {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];

  constructor(missingKeys: readonly string[], unexpectedKeys: readonly string[]) {
    this.missingKeys = missingKeys;
    this.unexpectedKeys = unexpectedKeys;
  }

  /** PyTorch's text. */
  toString(): string {
    const { missingKeys: missing, unexpectedKeys: unexpected } = this;
    if (missing.length + unexpected.length === 0) return '<All keys matched successfully>';
    const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`;
    return `_IncompatibleKeys(missing_keys=${list(missing)}, unexpected_keys=${list(unexpected)})`;
  }
}

/** Where a module can be moved: a device, a floating point dtype, or both. */
export type Destination =
  DType | Device | 'cpu' | 'webgpu' | { readonly device?: Device | 'cpu' | 'webgpu'; readonly dtype?: DType };

const quote = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** Whether the elements of `value` can be copied into `own`; a parameter without sizes takes any. */
function fits(own: Tensor, value: Tensor): boolean {
  return isUninitialized(own) || sameShape(own.shape, value.shape);
}

/** Copies the tensors of `dict` into those of `state` with the same names; throws before the first copy where one cannot. */
export function loadState(
  typeName: string,
  state: ReadonlyMap<string, Tensor>,
  dict: Readonly<StateDict>,
  strict: boolean,
): IncompatibleKeys {
  const given = new Map(Object.entries(dict));
  for (const [name, value] of given) {
    if (value instanceof Tensor) continue;
    throw new ArgumentError({
      op: 'loadStateDict',
      fact: `${name} is ${describe(value)}`,
      rule: 'a state dict holds tensors',
    });
  }
  const missingKeys = [...state.keys()].filter((name) => !given.has(name));
  const unexpectedKeys = [...given.keys()].filter((name) => !state.has(name));
  const shared = [...state].flatMap(([name, own]) => {
    const value = given.get(name);
    return value === undefined ? [] : [{ name, own, value }];
  });
  const names = [
    ...(missingKeys.length > 0 ? [`missing keys: ${quote(missingKeys)}`] : []),
    ...(unexpectedKeys.length > 0 ? [`unexpected keys: ${quote(unexpectedKeys)}`] : []),
  ];
  const sizes = shared
    .filter(({ own, value }) => !fits(own, value))
    .map(({ name, own, value }) => {
      const [theirs, ours] = [value, own].map(({ shape }) => formatShape(shape));
      return `size mismatch for ${name}: ${theirs} in the dict, ${ours} in the module`;
    });
  const faults = strict ? [...names, ...sizes] : sizes;
  if (faults.length > 0) {
    throw new ArgumentError({
      op: 'loadStateDict',
      fact: `${typeName}: ${faults.join('; ')}`,
      rule: strict ? 'names and sizes must be those of the module' : 'sizes must be those of the module',
      cure: sizes.length === 0 ? 'Pass { strict: false } to load what fits.' : undefined,
    });
  }
  noGrad(() => {
    for (const { own, value } of shared) {
      const plain = value.detach();
      if (isUninitialized(own)) own.materialize(clone(placed(plain, placeOf(own))));
      else copy_(own.detach(), toDevice(plain, own.device));
    }
  });
  return new IncompatibleKeys(missingKeys, unexpectedKeys);
}

function placed(value: Tensor, place: Place): Tensor {
  return toDType(toDevice(value, place.device), place.dtype);
}

/** Moves tensors, floating point ones to the dtype as well; the tensor objects stay what they are. */
export function move(tensors: readonly Tensor[], target: Destination): void {
  const { device, dtype } = destination(target);
  noGrad(() => {
    for (const tensor of tensors) {
      const place = placeOf(tensor);
      const kind = dtype !== null && isFloat(place.dtype) ? dtype : place.dtype;
      const home = device ?? place.device;
      if (kind === place.dtype && home === place.device) continue;
      if (isUninitialized(tensor)) tensor.relocate(home, kind);
      else adopt(tensor, placed(tensor.detach(), { device: home, dtype: kind }));
    }
  });
}

/** Reads tensors onto the CPU device; the tensor objects stay. Later writes that do not wait for it are lost. */
export async function moveHome(tensors: readonly Tensor[]): Promise<void> {
  const home = resolveDevice('cpu');
  const away = tensors.filter((tensor) => placeOf(tensor).device !== home);
  const sized = away.filter((tensor) => !isUninitialized(tensor));
  const values = await Promise.all(sized.map((tensor) => cpu(tensor.detach())));
  noGrad(() => {
    for (const [at, tensor] of sized.entries()) adopt(tensor, values[at]);
    move(away, home);
  });
}

const isDTypeName = (value: unknown): value is DType => typeof value === 'string' && Object.hasOwn(dtypeAliases, value);
const isDevice = (value: unknown): value is Device | 'cpu' | 'webgpu' =>
  value === 'cpu' || value === 'webgpu' || value instanceof Device;

/** What a target means; throws where it is neither a device nor a floating point dtype. */
function destination(target: Destination): { readonly device: Device | null; readonly dtype: DType | null } {
  const one = isDTypeName(target) ? { dtype: target } : isDevice(target) ? { device: target } : (target ?? {});
  const { device = null, dtype = null } = one as {
    readonly device?: Device | 'cpu' | 'webgpu';
    readonly dtype?: DType;
  };
  if ((device !== null && !isDevice(device)) || (dtype !== null && !isDTypeName(dtype)) || (device ?? dtype) === null) {
    throw new ArgumentError({
      op: 'to',
      fact: `the target is ${describe(target)}`,
      rule: 'it must be a device or a floating point dtype',
    });
  }
  const kind = dtype === null ? null : dtypeAliases[dtype];
  if (kind !== null && !isFloat(kind)) {
    throw new ArgumentError({
      op: 'to',
      fact: `dtype ${kind}`,
      rule: 'a module can have floating point dtypes only',
    });
  }
  return { device: device === null ? null : resolveDevice(device), dtype: kind };
}

/** Forgets the gradients of tensors, or sets them to 0: with one kernel, or none where the next backward replaces them. */
export function clearGradients(tensors: Iterable<Tensor>, setToNone: boolean): void {
  const cleared: Tensor[] = [];
  for (const tensor of tensors) {
    captureGradient(tensor, false);
    if (tensor.grad === null) continue;
    if (setToNone) tensor.grad = null;
    else {
      // A gradient that has a tape of its own loses it.
      if (tensor.grad.requiresGrad) tensor.grad = tensor.grad.detach();
      cleared.push(tensor.grad);
    }
  }
  untaped(() => asOperation(() => fillAll(cleared, 0)));
}

/** A tensor of its own with the same elements: a parameter of a parameter, one without sizes of one without. */
export function copyTensor(tensor: Tensor): Tensor {
  if (tensor instanceof UninitializedParameter) return new UninitializedParameter(placeOf(tensor));
  if (tensor instanceof UninitializedBuffer) return new UninitializedBuffer(placeOf(tensor));
  const elements = noGrad(() => clone(tensor.detach()));
  if (tensor instanceof Parameter) return new Parameter(elements, tensor.requiresGrad);
  return tensor.requiresGrad ? elements.requiresGrad_() : elements;
}
