// PyTorch's own samples of its operations (golden/opinfo), and which variants do not pass yet.
import { open as openVariants } from './opinfo-open.ts';
import type { Samples } from './samples.ts';

/** Why a variant does not pass, and on which devices: on all where none is named. */
export interface Open {
  readonly reason: string;
  readonly devices?: readonly ('cpu' | 'webgpu')[];
}

export const open: Readonly<Record<string, Open>> = openVariants;

const files = import.meta.glob<Samples>('../golden/opinfo/*.json', { eager: true, import: 'default' });

/** Every variant by the name of its file: `max.reduction_with_dim`. */
export const variants = Object.entries(files).map(([path, samples]) => ({
  ...samples,
  name: path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
}));

/** Runs `body` without the warnings of losses whose shapes broadcast, which some samples do on purpose. */
export async function quietly(body: () => Promise<void>): Promise<void> {
  const warn = console.warn;
  console.warn = () => undefined;
  try {
    await body();
  } finally {
    console.warn = warn;
  }
}
