// Random programs on three witnesses: fused kernels, one kernel a node (`fuse: false`), and the CPU device. Each program runs
// again over other values, so that its plans are replayed and linked. A program that differs is shrunk and printed as code.
import { expect, test } from 'vitest';
import * as wgrad from '../../src/index.ts';
import { init, type TypedArray } from '../../src/index.ts';
import { type Kind, makeProgram } from '../support/random-program.ts';

/** What a program calls: `w` is the package, `shift` changes its values and numbers but not its structure. */
type Run = (w: typeof wgrad, shift: number) => Promise<TypedArray[]>;

const AsyncFunction = (async () => undefined).constructor as new (...text: string[]) => Run;

async function run(
  lines: readonly string[],
  device: 'cpu' | 'webgpu',
  fuse: boolean,
  shift: number,
): Promise<TypedArray[]> {
  await init({ device, fuse });
  const body = ['const out = [];', ...lines, 'return out;'].join('\n');
  return new AsyncFunction('w', 'shift', body)(wgrad, shift);
}

/** What differs between two runs; empty if nothing. Floats may differ by 1e-5 of the largest value, or of 1. */
function difference(actual: readonly TypedArray[], wanted: readonly TypedArray[]): string {
  for (const [which, values] of wanted.entries()) {
    const got = actual[which];
    if (got.constructor !== values.constructor || got.length !== values.length) return `read ${which} has another type`;
    let scale = 0;
    for (const value of values) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
    const allowed = values instanceof Float32Array ? 1e-5 * Math.max(scale, 1) : 0;
    for (let at = 0; at < values.length; at++) {
      if (Object.is(got[at], values[at]) || got[at] === values[at]) continue;
      if (Math.abs(got[at] - values[at]) <= allowed && Number.isFinite(got[at])) continue;
      return `read ${which}, element ${at} of ${values.length}: got ${got[at]}, wanted ${values[at]}`;
    }
  }
  return '';
}

/** How the devices disagree on a program; empty if they agree, null if it is no program on the CPU. */
async function judge(lines: readonly string[]): Promise<string | null> {
  const wanted: TypedArray[][] = [];
  try {
    for (const shift of [0, 1]) wanted.push(await run(lines, 'cpu', true, shift));
  } catch {
    return null;
  }
  const runs = [
    ['unfused', false, 0],
    ['fused', true, 0],
    ...[1, 0, 1].map((shift) => ['fused, replayed', true, shift] as const),
  ] as const;
  for (const [name, fuse, shift] of runs) {
    try {
      const found = difference(await run(lines, 'webgpu', fuse, shift), wanted[shift]);
      if (found !== '') return `${name}: ${found}`;
    } catch (error) {
      return `${name}: ${String(error)}`;
    }
  }
  return '';
}

/** The program without the lines that the disagreement does not need. */
async function shrink(lines: readonly string[]): Promise<string> {
  let kept = [...lines];
  for (let at = lines.length - 1; at >= 0; at--) {
    const shorter = kept.filter((_, index) => index !== at);
    if (await judge(shorter)) kept = shorter;
  }
  const found = await judge(kept);
  return `${found === '' ? 'Only after the programs before it:' : found}\n${kept.join('\n')}`;
}

const plans: readonly (readonly [Kind, number])[] = [
  ['small', 24],
  ['small', 24],
  ['wide', 8],
  ['huge', 1],
  ['loop', 16],
];
/** Other programs than usual: WGRAD_SEED=1000. */
const from = Number(process.env.WGRAD_SEED ?? 0);
test.each(plans.map((plan, part) => [...plan, part] as const))('%s programs (%i)', async (kind, wanted, part) => {
  const failures: string[] = [];
  let [count, tried] = [0, 0];
  while (count < wanted) {
    const seed = 1 + from + part + plans.length * tried++;
    await init({ device: 'cpu' });
    const lines = await makeProgram(seed, kind);
    const found = await judge(lines);
    if (found === null) continue;
    count++;
    if (found !== '' && failures.push(`seed ${seed}: ${found}\n${await shrink(lines)}`) >= 3) break;
  }
  expect(failures.join('\n\n')).toBe('');
});
