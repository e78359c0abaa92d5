// What an optimizer keeps for a parameter, and its form in PyTorch's state dicts: snake_case names, and 0-dim tensors where
// PyTorch counts in tensors. Knows no optimizer. https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.state_dict.html

import { fromNumpy } from '../create/create.ts';
import { keepStorage } from '../core/flush.ts';
import { camelCase, snakeCase } from '../nn/arguments.ts';
import { toDType, untaped } from '../ops/apply.ts';
import { clone } from '../ops/copy.ts';
import { hostNow, toDevice } from '../read.ts';
import { Tensor } from '../core/tensor.ts';

/** One value of a state. */
export type StateValue = Tensor | number | null | readonly (Tensor | number | null)[];

/** What an optimizer keeps for a parameter, under PyTorch's names in camelCase. */
export type ParamState = Record<string, StateValue>;

/** The state of an optimizer in PyTorch's layout: snake_case names, parameters by their number. */
export interface OptimizerState {
  readonly state: Readonly<Record<string, Readonly<Record<string, StateValue>>>>;
  readonly param_groups: readonly ({ readonly params: readonly number[] } & Readonly<Record<string, unknown>>)[];
}

/** Numbers here that are 0-dim tensors in PyTorch. */
const countedInTensors: ReadonlySet<string> = new Set(['step', 'muProduct', 'eta', 'mu']);

/** The state of a parameter as PyTorch writes it; its tensors are the state's own. */
export function savedState(state: ParamState): Record<string, StateValue> {
  const packed = Object.entries(state).map(([key, value]) => {
    const counts = typeof value === 'number' && countedInTensors.has(key);
    return [snakeCase(key), counts ? scalar(value) : value] as const;
  });
  return Object.fromEntries(packed);
}

/** A copy of a saved state, its tensors on the device and of the dtype of the parameter. */
export function takenState(saved: Readonly<Record<string, StateValue>>, parameter: Tensor): ParamState {
  const taken = (value: Tensor | number | null) => (value instanceof Tensor ? copied(value, parameter) : value);
  const entries = untaped(() =>
    Object.entries(saved).map(([name, value]): readonly [string, StateValue] => {
      const key = camelCase(name);
      if (Array.isArray(value)) return [key, (value as readonly (Tensor | number | null)[]).map(taken)];
      const one = value as Tensor | number | null;
      return [key, one instanceof Tensor && countedInTensors.has(key) ? hostNow(one, notRead(name))[0] : taken(one)];
    }),
  );
  return Object.fromEntries(entries);
}

const notRead = (name: string) => ({
  op: 'loadStateDict',
  fact: `${name} was computed on the device`,
  rule: 'counts must be known on the host',
  cure: 'Read it first: await x.cpu().',
});

/** A 0-dim tensor on the CPU device, where PyTorch keeps such counts too. */
function scalar(value: number): Tensor {
  return fromNumpy(Float32Array.of(value), { device: 'cpu' }).reshape([]);
}

function copied(value: Tensor, parameter: Tensor): Tensor {
  const own = clone(toDType(toDevice(value, parameter.device), parameter.dtype));
  // State stays whether or not a step writes it again.
  keepStorage(own.storage);
  return own;
}
