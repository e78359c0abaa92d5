// Finding a GPU: the browser's, or Dawn's through the optional package `webgpu` in Node. Asks for all that the adapter has,
// and tells what kind of adapter it is.

import { DeviceError } from '../errors.ts';
import type { AdapterGrade, ProductTraits, Winner } from './kernels/matmul-choice.ts';
import type { AdapterClass } from './record.ts';

/** A device with what the kernels must know about where it came from. */
export interface OpenedDevice {
  readonly device: GPUDevice;
  /** One line for people. */
  readonly description: string;
  readonly grade: AdapterGrade;
  /** The same for every start on this adapter and its driver, as far as they show themselves. */
  readonly identity: string;
}

/** What an adapter says about itself; browsers leave most of it empty, Dawn adds what is not in the standard. */
export interface AdapterWords {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Of Dawn: 'discrete GPU', 'integrated GPU', 'CPU'; and the driver with its version. */
  readonly type?: string;
  readonly driver?: string;
  readonly isFallbackAdapter?: boolean;
}

const software = /swiftshader|llvmpipe|lavapipe|software|basic render/i;
const integratedVendor = /intel|apple|qualcomm|arm|img|imagination|samsung|broadcom|mesa/i;
/** Cards of vendors that mostly build GPUs into processors, and the other way round. */
const card = /\barc\b|dg2|alchemist|battlemage|xe-?2-?hpg|xe-hpg/i;
const inProcessor = /radeon(\(tm\))? (graphics|vega|[67]\d0m|8[0-9]{2}m)|\bapu\b|tegra|orin|xavier/i;

/** The class of an adapter by what it says, and by its vendor where it says nothing. */
export function gradeOf(words: AdapterWords): AdapterGrade {
  const { vendor, architecture, device, description, type = '', isFallbackAdapter = false } = words;
  const all = [vendor, architecture, device, description].join(' ');
  if (software.test(all) || isFallbackAdapter || /^cpu/i.test(type)) return 'software';
  if (/discrete/i.test(type)) return 'discrete';
  if (/integrated/i.test(type)) return 'integrated';
  if (inProcessor.test(all)) return 'integrated';
  if (integratedVendor.test(vendor) && !card.test(all)) return 'integrated';
  return 'discrete';
}

/** The key of an adapter among remembered measurements. */
export function identityOf({ vendor, architecture, device, description, driver = '' }: AdapterWords): string {
  return [vendor, architecture, device, description, driver].join(' | ');
}

interface DawnModule {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

/** Dawn's instance; it ends its devices when it is collected, so it is held. */
let dawnInstance: GPU | null = null;

/** `navigator.gpu`, or Dawn's where there is no browser. */
async function findGpu(): Promise<GPU> {
  const found = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (found) return found;
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new DeviceError({
      op: 'init',
      fact: 'navigator.gpu is missing',
      rule: 'WebGPU needs a browser that has it and a secure context (https, or http on 127.0.0.1)',
      cure: "Use init({ device: 'cpu' }).",
    });
  }
  if (dawnInstance !== null) return dawnInstance;
  let dawn: DawnModule;
  try {
    dawn = (await import('webgpu')) as unknown as DawnModule;
  } catch (cause) {
    throw new DeviceError(
      {
        op: 'init',
        fact: 'the package webgpu is not installed',
        rule: 'WebGPU in Node comes from it',
        cure: "Run npm install webgpu, or use init({ device: 'cpu' }).",
      },
      { cause },
    );
  }
  Object.assign(globalThis, dawn.globals);
  // Times in steps of 65 µs protect the pages of a browser from each other; there are none here.
  dawnInstance = dawn.create([
    'enable-dawn-features=allow_unsafe_apis',
    'disable-dawn-features=timestamp_quantization',
  ]);
  return dawnInstance;
}

/** The adapter `given`, or the platform's fastest; throws a DeviceError if there is none. */
export async function findAdapter(given: unknown): Promise<GPUAdapter> {
  const adapter =
    (given as GPUAdapter | null) ?? (await (await findGpu()).requestAdapter({ powerPreference: 'high-performance' }));
  if (adapter === null) {
    throw new DeviceError({
      op: 'init',
      fact: 'no WebGPU adapter answers',
      rule: 'a GPU with a driver, or a software adapter, is needed',
      cure: "Check chrome://gpu, or use init({ device: 'cpu' }).",
    });
  }
  return adapter;
}

/** Opens a device with all that its adapter has. */
export async function openDevice(adapter: GPUAdapter): Promise<OpenedDevice> {
  const { limits } = adapter;
  const features: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
  const device = await adapter.requestDevice({
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== '');
  return {
    device,
    description: words.join(' ') || 'unnamed adapter',
    grade: gradeOf(info),
    identity: identityOf(info),
  };
}

/** What the programs of products are chosen by on a device; `winners`: what was measured there before. */
export function productTraits({ device, grade }: OpenedDevice, winners: readonly Winner[]): ProductTraits {
  const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = device.limits;
  return {
    grade,
    winners,
    forced: null,
    workgroupBytes: maxComputeWorkgroupStorageSize,
    workgroupThreads: Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX),
  };
}

/** What plans are made by on a device. */
export function adapterClass(device: GPUDevice, products: ProductTraits): AdapterClass {
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = device.limits;
  return {
    software: products.grade === 'software',
    single: false,
    subgroups: device.features.has('subgroups'),
    bindingBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    storageBuffers: maxStorageBuffersPerShaderStage,
    products,
  };
}
