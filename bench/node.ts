// The bench in Node, through Dawn: the entry of the single-file bundle that `npm run bench -- --node` runs and that
// `--pack FILE` writes for a machine that has nothing but Node and Dawn. `--cold ID` is what it starts itself again for.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { create, globals } from 'webgpu';
import { coldStart } from './cold-start.ts';
import type { ContenderId } from './contenders/contender.ts';
import { summarize } from './measure.ts';
import { headline, markdown, textRow } from './report.ts';
import { type ColdStarts, isSoftware, parseContenders, parseSize, type Report, runBench } from './suite.ts';
import { tuneForBench, tuneText } from './tune.ts';

const { values } = parseArgs({
  options: {
    with: { type: 'string', default: 'all' },
    only: { type: 'string' },
    size: { type: 'string', default: 'full' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    'no-cold': { type: 'boolean', default: false },
    command: { type: 'string' },
    cold: { type: 'string' },
    tune: { type: 'boolean', default: false },
    'no-tune': { type: 'boolean', default: false },
  },
});

/**
 * One instance of Dawn for all contenders, where a browser would have it. As in a browser started for measuring, timestamps
 * are exact; f16 is shown where the driver has it.
 */
function provideWebGpu(): GPU {
  Object.assign(globalThis, globals);
  const gpu = create([
    'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
    'disable-dawn-features=timestamp_quantization',
  ]);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, userAgent: 'node', hardwareConcurrency: availableParallelism() },
    configurable: true,
  });
  return gpu;
}

/** New processes, one after the other; the time of each starts with the process. */
function coldStarts(ids: readonly ContenderId[]): ColdStarts {
  const times = new Map<ContenderId, number[]>(ids.map((id) => [id, []]));
  for (let at = 0; at < 3; at++) {
    for (const [id, list] of times) {
      const args = [fileURLToPath(import.meta.url), '--cold', id, '--size', values.size];
      const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
      const time = Number(/^cold (.*)$/m.exec(stdout)?.[1]);
      if (Number.isFinite(time)) list.push(time);
    }
  }
  const measured = [...times].filter(([, list]) => list.length > 0);
  return Object.fromEntries(measured.map(([id, list]) => [id, summarize(list)]));
}

async function bench(): Promise<boolean> {
  const adapter = await provideWebGpu().requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  const words = [vendor, architecture, device, description].filter(Boolean).join(' ');
  console.error(words || 'no adapter');
  const contenders = parseContenders(values.with);
  const options = {
    size: parseSize(values.size),
    rounds: Number(values.rounds),
    only: values.only === undefined ? null : new RegExp(values.only),
    contenders,
    // A GPU needs many results in flight before the read at the end weighs nothing.
    heldBytes: isSoftware(words) ? 2 ** 29 : 2 ** 32,
  } as const;
  const place = {
    runtime: `Node ${process.versions.node}, Dawn`,
    cores: availableParallelism(),
    command: values.command ?? `node bench.mjs ${process.argv.slice(2).join(' ')}`.trim(),
  };
  const measured = await runBench(options, place, {
    begins: (what) => console.error(`${what} …`),
    ends: (row) => console.error(textRow(row)),
  });
  const opened = Object.keys(measured.devices) as ContenderId[];
  const report: Report = { ...measured, cold: values['no-cold'] ? {} : coldStarts(opened) };
  if (values.out) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(values.markdown ? markdown(report) : headline(report));
  // Of hardware nobody knows yet which programs suit it; a software adapter would take minutes to tell what is known.
  if (values.tune || !(values['no-tune'] || isSoftware(words))) {
    const tuned = await tuneForBench();
    if (values.out) writeFileSync(`${values.out}.tune.json`, `${JSON.stringify(tuned, null, 2)}\n`);
    console.log(`\n${tuneText(tuned)}`);
  }
  return report.rows.every(({ refused }) => Object.values(refused).every(({ kind }) => kind !== 'wrong'));
}

// TensorFlow.js's modules take Node for a place where every module has these.
Object.assign(globalThis, {
  require: createRequire(import.meta.url),
  __filename: fileURLToPath(import.meta.url),
  __dirname: dirname(fileURLToPath(import.meta.url)),
});

/** jax-js maps and filters iterators, as browsers and Node from 22 on can. */
const helpers = {
  *map(this: Iterable<unknown>, each: (value: unknown, at: number) => unknown): Generator<unknown> {
    let at = 0;
    for (const value of this) yield each(value, at++);
  },
  *filter(this: Iterable<unknown>, keep: (value: unknown, at: number) => unknown): Generator<unknown> {
    let at = 0;
    for (const value of this) if (keep(value, at++)) yield value;
  },
};
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
for (const [name, value] of Object.entries(helpers)) {
  if (!(name in iterators)) Object.defineProperty(iterators, name, { value, configurable: true, writable: true });
}

if (values.cold === undefined) {
  const right = await bench();
  // Dawn's threads would keep the process.
  process.exit(right ? 0 : 1);
} else {
  provideWebGpu();
  const [id] = parseContenders(values.cold);
  console.log(`cold ${await coldStart(id, parseSize(values.size))}`);
  process.exit(0);
}
