// The devices of the program: one CPU, one GPU, and the default on which new tensors are made. The backends are
// injected; nothing here knows how either computes.

import { ArgumentError } from './errors.ts';
import { flushOverflow } from './core/flush.ts';
import { type Backend, Device } from './core/graph.ts';

/** What opens the backends; set once by the package's entry. */
export interface Openers {
  readonly cpu: () => Backend;
  readonly webgpu: (adapter: unknown) => Promise<Backend>;
}

let openers: Openers | null = null;
let cpuDevice: Device | null = null;
let gpuDevice: Device | null = null;
let defaultDevice: Device | null = null;
let chosenAdapter: unknown = null;

export function provideOpeners(given: Openers): void {
  openers = given;
}

function opened(): Openers {
  if (openers === null)
    throw new ArgumentError({
      op: 'init',
      fact: 'no backend is known',
      rule: "import from 'wgrad', which brings them",
    });
  return openers;
}

function cpu(): Device {
  if (cpuDevice === null) {
    cpuDevice = new Device('cpu', async () => opened().cpu(), flushOverflow);
    cpuDevice.backend = opened().cpu();
  }
  return cpuDevice;
}

function gpu(): Device {
  gpuDevice ??= new Device('webgpu', () => opened().webgpu(chosenAdapter), flushOverflow);
  return gpuDevice;
}

/** The adapter that `init` was given; null where the platform is asked for one. */
export function givenAdapter(): unknown {
  return chosenAdapter;
}

/** WebGPU if an adapter answers, else the CPU; shares the GPU device's backend. */
async function openAutomatic(): Promise<Backend> {
  try {
    return await gpu().open();
  } catch {
    return cpu().backend as Backend;
  }
}

/** The device of new tensors. */
export function getDefaultDevice(): Device {
  defaultDevice ??= new Device('auto', openAutomatic, flushOverflow);
  return defaultDevice;
}

/** The device that a name or an option means; none is the default. */
export function resolveDevice(device: Device | 'cpu' | 'webgpu' | null | undefined): Device {
  if (device instanceof Device) return device;
  const known = device === 'cpu' || device === 'webgpu' || device === null || device === undefined;
  if (!known) {
    throw new ArgumentError({
      op: 'device',
      fact: `device '${String(device)}'`,
      rule: "it must be 'cpu' or 'webgpu'",
      cure: /^(cuda|gpu|mps)/.test(String(device)) ? "The GPU is 'webgpu'." : undefined,
    });
  }
  return device === 'cpu' ? cpu() : device === 'webgpu' ? gpu() : getDefaultDevice();
}

/** What `init` answers: the device that was chosen and a line about it. */
export interface DeviceInfo {
  readonly type: 'cpu' | 'webgpu';
  readonly description: string;
}

/** Options of `init`. */
export interface InitOptions {
  /** 'auto' takes WebGPU if there is an adapter, else the CPU. */
  readonly device?: 'auto' | 'webgpu' | 'cpu';
  /** false runs every operation as a kernel of its own on the GPU: slower, and a witness for the fused kernels. */
  readonly fuse?: boolean;
  /** A GPUAdapter to use instead of asking the platform for one. */
  readonly adapter?: unknown;
}

/**
 * Chooses the device of new tensors and waits until it is open. Never needed: without it the first read opens WebGPU if
 * there is an adapter, else the CPU. Throws a DeviceError where 'webgpu' is asked for and no adapter answers.
 */
export async function init(options: InitOptions = {}): Promise<DeviceInfo> {
  const unknown = Object.keys(options).find((key) => !['device', 'adapter', 'fuse'].includes(key));
  if (unknown !== undefined) {
    throw new ArgumentError({
      op: 'init',
      fact: `unknown option ${unknown}`,
      rule: 'the options are device, adapter, fuse',
    });
  }
  const { device = 'auto', adapter = null, fuse = true } = options;
  if (device !== 'auto' && device !== 'webgpu' && device !== 'cpu') {
    throw new ArgumentError({
      op: 'init',
      fact: `device '${String(device)}'`,
      rule: "it must be 'auto', 'webgpu' or 'cpu'",
    });
  }
  if (adapter !== null && gpuDevice?.backend == null) chosenAdapter = adapter;
  const chosen =
    device === 'cpu' ? cpu() : device === 'webgpu' ? gpu() : new Device('auto', openAutomatic, flushOverflow);
  const backend = await chosen.open();
  defaultDevice = chosen;
  if (backend.fuse !== undefined) backend.fuse = fuse;
  return { type: backend.type, description: backend.description };
}
