// io: tensors to bytes and back, as PyTorch's files and as safetensors.

export { type Source } from './source.ts';
export { load, type LoadOptions, type Savable, save } from './torch-file.ts';
export * as safetensors from './safetensors.ts';
