// PyTorch's modules and losses as they were recorded (test/golden/modules.json, networks.json, rare.json), and how a row becomes
// a module.
import { nn, type Tensor } from '../../src/index.ts';
import modules from '../golden/modules.json';
import networks from '../golden/networks.json';
import rare from '../golden/rare.json';
import type { RecordedTensor } from './samples.ts';

/** One result, or a list of them that may hold lists, as those of an LSTM. */
export type Output = RecordedTensor | readonly Output[];

/** A module with its state, called on inputs: what PyTorch answered. */
export interface ModuleRow {
  /** The module as wgrad makes it: `nn.Linear(4, 3)`. */
  readonly new: string;
  readonly eval: boolean;
  readonly state: Readonly<Record<string, RecordedTensor>>;
  readonly inputs: readonly RecordedTensor[];
  /** How often the module was called with the inputs; output and gradients are those of the last call. */
  readonly calls: number;
  readonly output: Output;
  /** One for each differentiable result, lists taken apart. */
  readonly grad_outputs: readonly RecordedTensor[];
  readonly input_grads: readonly (RecordedTensor | null)[];
  readonly param_grads: Readonly<Record<string, RecordedTensor>>;
  /** The running statistics after the calls. */
  readonly buffers_after?: Readonly<Record<string, RecordedTensor>>;
}

export const rows = [...modules, ...networks.modules, ...rare.modules] as unknown as readonly ModuleRow[];

type AnyModule = nn.Module & ((...inputs: Tensor[]) => unknown);

/** The module of a row. */
export function build(text: string): AnyModule {
  // eslint-disable-next-line no-new-func
  return new Function('nn', `return new ${text}`)(nn) as AnyModule;
}

/** The class of a row's module: `Linear`. */
export const classOf = (row: ModuleRow): string => /^nn\.(\w+)/.exec(row.new)?.[1] ?? row.new;
