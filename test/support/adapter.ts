// One line about a WebGPU adapter, for logs. Runs in Node and in a page.

/** `google swiftshader (SwiftShader driver 5.0.0), software`. */
export function describeAdapter(info: GPUAdapterInfo): string {
  const what = [info.vendor, info.architecture, info.device].filter((part) => part !== '').join(' ') || 'unnamed';
  const description = info.description === '' ? '' : ` (${info.description})`;
  return `${what}${description}, ${info.isFallbackAdapter ? 'software' : 'hardware'}`;
}
