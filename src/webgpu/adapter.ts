// Finding a GPU: the browser's, or Dawn's through the optional package `webgpu` in Node. Asks for all that the adapter has.

import { DeviceError } from '../errors.ts';

/** A device with what the kernels must know about where it came from. */
export interface OpenedDevice {
  readonly device: GPUDevice;
  /** One line for people. */
  readonly description: string;
  /** The adapter runs on the CPU: no workgroup memory worth using, few threads. */
  readonly software: boolean;
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

/** Opens a device on `given` or on the platform's fastest adapter; throws a DeviceError if there is none. */
export async function openDevice(given: unknown): Promise<OpenedDevice> {
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
  const { vendor, architecture, device: name, description } = adapter.info;
  const words = [vendor, architecture, name, description].filter((word) => word !== '');
  const software = /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(words.join(' '));
  return { device, description: words.join(' ') || 'unnamed adapter', software };
}
