// Dawn in Node without the library, for tests that speak WebGPU themselves or need an adapter of their own.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);

/**
 * Held for as long as the process runs: the package frees what a device works with when this object is collected.
 * Workgroup memory begins with what was left there, as no kernel counts on zeros: writing them takes SwiftShader an
 * instruction an element, and most of the time of a large tile.
 */
export const gpu: GPU = create(['enable-dawn-features=allow_unsafe_apis,disable_workgroup_init']);
