// The parity table (PARITY.md) as text: PyTorch's names (test/golden/torch-names.json) against what the package exports, with
// what a probe of each finds on the CPU device. Knows no operation by name but those that JavaScript or wgrad calls otherwise.
import torchNames from '../golden/torch-names.json';
import goldenOps from '../golden/ops.json';
import { kernels } from '../../src/cpu/kernels.ts';
import * as wgrad from '../../src/index.ts';
import { build, classOf, type ModuleRow, rows as moduleRows } from '../ops/modules.ts';
import { open, quietly, variants } from '../ops/opinfo.ts';
import { argument, camelCase, isRecordedTensor, lookUp, type Recorded, type Sample, tensorOf } from '../ops/samples.ts';
import { Census } from './census.ts';
import { outsideReason } from './parity-outside.ts';

/** A part of the table: PyTorch's module, where wgrad has it, and its names. */
interface Section {
  readonly torch: string;
  readonly wgrad: string;
  readonly names: readonly string[];
}

/** PyTorch's modules and their places in wgrad; '' is the package itself. */
const places: Readonly<Record<string, string>> = {
  torch: '',
  'torch.Tensor': 'Tensor',
  'torch.nn': 'nn',
  'torch.nn.functional': 'nn.functional',
  'torch.nn.init': 'nn.init',
  'torch.nn.utils': 'nn.utils',
  'torch.linalg': 'linalg',
  'torch.special': 'special',
  'torch.masked': 'masked',
  'torch.autograd': 'autograd',
  'torch.optim': 'optim',
  'torch.optim.lr_scheduler': 'optim.lrScheduler',
  'torch.utils.data': 'data',
  'torch.distributions': 'distributions',
};

/** What PyTorch's samples call in a module and its documentation does not name: `split_with_sizes`. */
function sampledNames(torch: string, documented: readonly string[]): string[] {
  const prefix = torch === 'torch' ? '' : `${torch.slice('torch.'.length)}.`;
  const ops = variants.map(({ op }) => op).filter((op) => op.startsWith(prefix) && !op.startsWith('__'));
  const own = ops.map((op) => op.slice(prefix.length)).filter((name) => !name.includes('.'));
  const known = new Set([...documented, ...(torch === 'torch' ? torchNames['torch.Tensor'] : [])]);
  return [...new Set(own)].filter((name) => !known.has(name));
}

export const sections: readonly Section[] = Object.entries(places).map(([torch, place]) => {
  const documented = (torchNames as Readonly<Record<string, readonly string[]>>)[torch] ?? [];
  return { torch, wgrad: place, names: [...documented, ...sampledNames(torch, documented)].toSorted() };
});

/** Names that wgrad spells otherwise than the rule says, each with its reason. */
const renamed: Readonly<Record<string, readonly [name: string, reason: string]>> = {
  'torch.autograd.detect_anomaly': ['autograd.detectAnomaly', 'a function that takes the block'],
  'torch.no_grad': ['noGrad', 'a function that takes the block'],
  'torch.enable_grad': ['enableGrad', 'a function that takes the block'],
  'torch.is_nonzero': ['isNonzero', 'awaited'],
  'torch.adaptive_max_pool1d': ['adaptiveMaxPool1d', "answers values and indices, as PyTorch's does"],
  'torch.Tensor.register_hook': ['Tensor.registerHook', 'answers the function that removes it'],
  'torch.Tensor.item': ['Tensor.item', 'awaited'],
  'torch.Tensor.numpy': ['Tensor.numpy', 'awaited'],
  'torch.Tensor.tolist': ['Tensor.tolist', 'awaited'],
  'torch.Tensor.cpu': ['Tensor.cpu', 'awaited'],
};

/** What stands at a path of the package: `nn.functional.relu`; undefined where there is nothing. */
export function find(path: string): unknown {
  const [head, ...rest] = path.split('.');
  if (head === 'Tensor' && rest.length === 1) {
    return rest[0] in probe() ? (Reflect.get(wgrad.Tensor.prototype, rest[0], probe()) ?? true) : undefined;
  }
  return path
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | null | undefined)?.[part], wgrad);
}

const probe = (): wgrad.Tensor => wgrad.ones(2, 2, { device: 'cpu' });

/** Where wgrad has one of PyTorch's names. */
export function pathOf(section: Section, name: string): string {
  const other = renamed[`${section.torch}.${name}`]?.[0];
  return other ?? (section.wgrad === '' ? camelCase(name) : `${section.wgrad}.${camelCase(name)}`);
}

/** The name under which PyTorch's samples know a function. */
function sampleName(section: Section, name: string): string {
  const prefix = section.torch.replace(/^torch\.?/, '');
  return prefix === '' || prefix === 'Tensor' ? name : `${prefix}.${name}`;
}

function hasFloats(value: Recorded): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasFloats);
  return isRecordedTensor(value) && value.dtype === 'float32';
}

/** A recorded value with its tensors of another type: its floats, or where `all`, every tensor. Floats want gradients. */
function castSample(value: Recorded, dtype: wgrad.DType, all: boolean): Recorded {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: Recorded) => castSample(one, dtype, all));
  if (!isRecordedTensor(value) || (value.dtype !== 'float32' && !all)) return value;
  const whole = dtype !== 'float32' && dtype !== 'float64';
  const zeroOrOne = (one: unknown): number => (typeof one === 'number' ? Math.abs(Math.trunc(one)) % 2 : 0);
  return { ...value, data: whole ? value.data.map(zeroOrOne) : value.data, dtype, grad: !whole };
}

/** What all functions that were probed are made of. */
const census = new Census();

/** What a call on a sample answers, or null where it is refused. */
async function probeCall(op: string, sample: Sample, dtype: wgrad.DType): Promise<readonly wgrad.Tensor[] | null> {
  try {
    const all = ![sample.input, ...sample.args, ...Object.values(sample.kwargs)].some(hasFloats);
    const cast = (value: Recorded): unknown => argument(castSample(value, dtype, all), []);
    const given = [sample.input, ...sample.args].map(cast);
    const options = Object.entries(sample.kwargs).map(([key, value]) => [camelCase(key), cast(value)]);
    if (options.length > 0) given.push(Object.fromEntries(options));
    const answer = await lookUp(op)?.(given[0], given.slice(1));
    const parts = typeof answer === 'object' && answer !== null ? Object.values(answer) : [];
    const tensors = [answer, ...parts].filter((one) => one instanceof wgrad.Tensor);
    for (const one of tensors) census.add(one);
    return tensors;
  } catch {
    return null;
  }
}

const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool'] as const;
const short: Readonly<Record<(typeof dtypes)[number], string>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint8: 'u8',
  bool: 'bool',
};

interface Probed {
  readonly dtypes: string;
  readonly gradient: string;
  /** What PyTorch's samples of it say: OpInfo's, or recorded calls of a module. */
  readonly samples: string;
}

const nothing: Probed = { dtypes: '', gradient: '', samples: '' };
const probed = new Map<string, Promise<Probed>>();

/** Which dtypes a function takes, whether gradients flow, and what PyTorch's samples say. */
async function probeOperation(op: string): Promise<Probed> {
  const own = variants.filter((one) => one.op === op);
  const recorded = (goldenOps as unknown as Readonly<Record<string, readonly Sample[]>>)[op] ?? [];
  const samples = [...own.filter(({ name }) => open[name] === undefined).flatMap(({ cases }) => cases), ...recorded];
  const samplesSay = own.length === 0 ? '' : opinfoOf(own);
  // A few samples: the first may be of an odd kind.
  const few = samples.slice(0, 4);
  if (few.length === 0 || lookUp(op) === undefined) return { ...nothing, samples: samplesSay };
  const taken: string[] = [];
  let gradient = 'forward';
  for (const dtype of dtypes) {
    const answers = await Promise.all(few.map((sample) => probeCall(op, sample, dtype)));
    if (answers.some((answer) => answer !== null)) taken.push(short[dtype]);
    if (dtype === 'float32' && answers.some((answer) => answer?.some((one) => one.requiresGrad)))
      gradient = 'forward, backward';
  }
  return { dtypes: taken.join(' '), gradient, samples: samplesSay };
}

/** Which floats a module takes, whether gradients flow, and how many of PyTorch's recorded calls there are: all pass. */
function probeModule(own: readonly ModuleRow[]): Probed {
  if (own.length === 0) return nothing;
  let gradient = 'forward';
  const taken = (['float32', 'float64'] as const).filter((dtype) => {
    try {
      const inputs = own[0].inputs.map((input, at) => {
        const differentiable = own[0].input_grads[at] !== null;
        return differentiable ? tensorOf(input, true).to(dtype) : tensorOf(input);
      });
      const answer = build(own[0].new).to(dtype)(...inputs);
      const results = [answer].flat(3).filter((one) => one instanceof wgrad.Tensor);
      if (results.some((one) => one.requiresGrad)) gradient = 'forward, backward';
      return results.every((one) => one.dtype === dtype || !one.requiresGrad);
    } catch {
      return false;
    }
  });
  return { dtypes: taken.map((dtype) => short[dtype]).join(' '), gradient, samples: `${own.length} recorded calls` };
}

function opinfoOf(own: typeof variants): string {
  const passing = (device: 'cpu' | 'webgpu') =>
    own.filter(({ name }) => !(open[name] !== undefined && (open[name].devices ?? ['cpu', 'webgpu']).includes(device)));
  const count = (list: typeof variants): number => list.reduce((sum, { cases }) => sum + cases.length, 0);
  const [cpu, gpu] = [passing('cpu'), passing('webgpu')];
  const text = (list: typeof variants): string =>
    `${list.length} of ${own.length} variants, ${count(list)} of ${count(own)} cases`;
  if (cpu.length === gpu.length) return text(cpu);
  return `CPU ${text(cpu)}; WebGPU ${text(gpu)}`;
}

/** The operation that has samples of a function: an alias has none of its own. */
const sampled = new Map(variants.map(({ op }) => [find(camelPath(op)), op]));

function camelPath(op: string): string {
  return op.split('.').map(camelCase).join('.');
}

function probeOnce(op: string, path: string): Promise<Probed> {
  // A method is the function of its name.
  const called = find(path.startsWith('Tensor.') ? path.slice('Tensor.'.length) : path);
  const own = variants.some((one) => one.op === op) || called === undefined;
  const chosen = own ? op : (sampled.get(called) ?? op);
  if (!probed.has(chosen)) probed.set(chosen, probeOperation(chosen));
  return probed.get(chosen) as Promise<Probed>;
}

/** A row: PyTorch's name and what wgrad has for it. */
export interface ParityRow extends Probed {
  readonly torch: string;
  readonly wgrad: string;
  readonly status: 'yes' | 'open' | 'outside';
  readonly note: string;
}

async function rowOf(section: Section, name: string): Promise<ParityRow> {
  const path = pathOf(section, name);
  const torch = `${section.torch}.${name}`;
  const found = find(path) !== undefined;
  const op = sampleName(section, name);
  // What PyTorch has samples of is aimed at.
  const outside = variants.some((one) => one.op === op) ? null : outsideReason(section.torch, name);
  const facts =
    section.torch === 'torch.nn'
      ? probeModule(moduleRows.filter((row) => classOf(row) === name))
      : await probeOnce(op, path);
  const status = found ? 'yes' : outside === null ? 'open' : 'outside';
  const note = found ? (renamed[torch]?.[1] ?? '') : (outside ?? '');
  return { torch, wgrad: found ? path : '', status, note, ...facts };
}

type Rows = readonly (readonly [Section, readonly ParityRow[]])[];

/** All rows, by section; found once. */
export const parityRows = (): Promise<Rows> => (rowsOnce ??= findRows());
let rowsOnce: Promise<Rows> | null = null;

async function findRows(): Promise<Rows> {
  await wgrad.init({ device: 'cpu' });
  const all: (readonly [Section, readonly ParityRow[]])[] = [];
  await quietly(async () => {
    for (const section of sections) {
      const rows: ParityRow[] = [];
      for (const name of section.names) rows.push(await rowOf(section, name));
      all.push([section, rows]);
    }
  });
  return all;
}

/** The methods of Tensor, those of its class and those that were given to it. */
function methods(): Record<string, unknown> {
  const { prototype } = wgrad.Tensor;
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  const described = names.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)?.value] as const);
  return Object.fromEntries(described);
}

/** The names that wgrad exports and PyTorch does not have, by section. */
export function ownNames(section: Section): string[] {
  const space = section.wgrad === '' ? wgrad : section.wgrad === 'Tensor' ? methods() : find(section.wgrad);
  // PyTorch's files have functions for methods, too, which are not documented.
  const documented = [...section.names, ...torchNames['torch.Tensor']];
  const known = new Set(documented.map((name) => pathOf(section, name).split('.').at(-1)));
  return Object.entries((space ?? {}) as Record<string, unknown>)
    .filter(([name, value]) => typeof value === 'function' && !known.has(name) && !isError(value))
    .map(([name]) => name);
}

function isError(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(rows: readonly ParityRow[]): string[] {
  const head = ['PyTorch', 'wgrad', 'status', 'dtypes', 'devices', 'gradient', "PyTorch's samples", 'note'];
  const lines = rows.map(({ torch, wgrad: path, status, dtypes: taken, gradient, samples, note }) => {
    const [place, devices] = status === 'yes' ? [`\`${path}\``, 'CPU, WebGPU'] : ['', ''];
    return [`\`${torch}\``, place, status, taken, devices, gradient, samples, note].map(cell);
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Names as the members of a union, some to a line. */
function union(names: readonly string[]): string {
  const lines = [''];
  for (const name of names.toSorted()) {
    if (lines.at(-1)!.length + name.length > 110) lines.push('');
    lines.push(`${lines.pop()!} | '${name}'`);
  }
  return lines.map((line) => `   ${line}`).join('\n');
}

/** The names of the rows as types (test/types/parity-names.ts): a function without a row then does not compile. */
export async function parityNames(): Promise<string> {
  const all = await parityRows();
  const parts = all.map(([section, rows]) => {
    const here = rows
      .filter(({ status }) => status === 'yes')
      .map(({ wgrad: path }) => path.split('.').at(-1) as string);
    return `  '${section.torch}':\n${union([...new Set([...here, ...ownNames(section)])])};`;
  });
  return [
    '// Written by `npm run parity`: what PARITY.md has a row for, and what it names as of wgrad alone, by module of PyTorch.',
    '',
    'export interface ParityNames {',
    ...parts,
    '}',
    '',
  ].join('\n');
}

/** The page. */
export async function parityPage(): Promise<string> {
  const all = await parityRows();
  const count = (rows: readonly ParityRow[], status: ParityRow['status']): number =>
    rows.filter((row) => row.status === status).length;
  const summary = all.map(([section, rows]) => {
    const wanted = rows.length - count(rows, 'outside');
    return `| \`${section.torch}\` | ${count(rows, 'yes')} of ${wanted} | ${count(rows, 'outside')} |`;
  });
  const parts = all.flatMap(([section, rows]) => {
    const reasons = [...new Set(rows.filter(({ status }) => status === 'outside').map(({ note }) => note))];
    const outside = reasons.map((reason) => {
      const names = rows.filter(({ status, note }) => status === 'outside' && note === reason);
      return `- ${reason}: ${names.map(({ torch }) => torch.split('.').at(-1)).join(', ')}`;
    });
    const own = ownNames(section);
    return [
      '',
      `## ${section.torch}`,
      '',
      ...table(rows.filter(({ status }) => status !== 'outside')),
      ...(outside.length > 0 ? ['', 'Outside:', '', ...outside] : []),
      ...(own.length > 0 ? ['', `Of wgrad alone: ${own.join(', ')}.`] : []),
    ];
  });
  const passing = variants.filter(({ name }) => open[name] === undefined).length;
  const primitives = Object.entries({
    kernels: Object.keys(kernels),
    'formulas per element': census.of('pointwise'),
    views: census.of('view'),
  }).map(([title, names]) => `- ${names.length} ${title}: ${names.toSorted().join(', ')}`);
  return [
    '# Parity with PyTorch',
    '',
    'Written by `npm run parity` from the code: what the package exports, its signature lists, and probes of every function on',
    "PyTorch's own samples. A test fails when this page is not what the code gives. The names are the documented ones of PyTorch",
    '1.13. `dtypes` are those that a sample was accepted in (f64 exists on the CPU device only), `gradient` says whether results',
    `of inputs that require grad do. ${passing} of the ${variants.length} variants of OpInfo pass on every device, and so does every`,
    'recorded call of a module: state dict, results, gradients, running statistics.',
    '',
    '| module | names | outside |',
    '| --- | --- | --- |',
    ...summary,
    '',
    'Everything is written in these (formulas and views as the probes met them):',
    '',
    ...primitives,
    ...parts,
    '',
  ].join('\n');
}
