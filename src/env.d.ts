// Shaders are imported as text: `import matmul from '../../shaders/matmul.wgsl?raw'`.
// Vite inlines them; their comments are stripped in a build.
declare module '*.wgsl?raw' {
  const source: string;
  export default source;
}
