// Dawn in Node without the library, for tests that speak WebGPU themselves.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
/** Held for as long as the process runs: the package frees what a device works with when this object is collected. */
export const gpu: GPU = create([]);
