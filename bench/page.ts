// The benchmark page: a button, chips for the contenders, bars and a table. Options in the address: with=wgrad,jax (or all,
// peers), only=REGEX, size=small, rounds=3, and run to start at once; `npm run bench` reads the report when it is done.
import { describeDevice, openDevice } from '../demo/device.ts';
import type { DeviceInfo } from '../src/index.ts';
import { type ContenderId, contenderNames } from './contenders/contender.ts';
import { installCounters, openingFor } from './counters.ts';
import type { Row } from './measure.ts';
import { formatNumber } from './report.ts';
import { type BenchOptions, chosenCases, parseContenders, parseSize, type Report, runBench } from './suite.ts';
import { showBars, showTable } from './view.ts';

declare global {
  /** The report of the last complete run. */
  var wgradBench: Report | undefined;
  /** Why there is none. */
  var wgradBenchFailure: string | undefined;
  /** Where `npm run bench` listens for each row. */
  var wgradBenchRow: ((row: Row) => void) | undefined;
}

const address = new URLSearchParams(location.search);
const only = address.get('only');
const options = {
  size: parseSize(address.get('size') ?? 'full'),
  rounds: Math.max(Number(address.get('rounds') ?? 5) || 5, 1),
  only: only === null ? null : new RegExp(only),
  // A quarter of what a small machine shares between its CPU and GPU.
  heldBytes: 2 ** 29,
} as const satisfies Omit<BenchOptions, 'contenders'>;
const cases = chosenCases(options);

function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

const start = element<HTMLButtonElement>('run');
const download = element<HTMLButtonElement>('download');
const status = element('status');
const choice = element<HTMLFieldSetElement>('contenders');

const onWebGpu: readonly ContenderId[] = ['wgrad', 'compiled', 'jax', 'tfjs'];

/** A chip for each contender, those of the address chosen. */
function showChoice(chosen: readonly ContenderId[], info: DeviceInfo): void {
  const chips = (Object.keys(contenderNames) as ContenderId[]).map((id) => {
    const input = document.createElement('input');
    input.type = 'checkbox';
    input.value = id;
    input.disabled = info.type === 'cpu' && onWebGpu.includes(id);
    input.checked = chosen.includes(id) && !input.disabled;
    const chip = document.createElement('label');
    chip.dataset.contender = id;
    chip.append(input, contenderNames[id]);
    return chip;
  });
  choice.append(...chips);
}

const chosen = (): ContenderId[] =>
  Array.from(choice.querySelectorAll<HTMLInputElement>('input:checked'), (input) => input.value as ContenderId);

const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

const show = (report: Pick<Report, 'rows' | 'peak'>): void => {
  showTable(element('head'), element('rows'), cases, report);
  showBars(element('bars'), report.rows);
};

/** `HeadlessChrome/156.0.0.0`, or all that the browser says of itself. */
function browserName(): string {
  return /(?:Headless)?(?:Edg|Chrome|Firefox|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? navigator.userAgent;
}

function showRest({ peak, notes }: Report): void {
  element('peak').textContent =
    peak === null
      ? ''
      : `This adapter, measured in the same run: ${formatNumber(peak.copy)} GB/s through a copy kernel, ` +
        `${formatNumber(peak.arithmetic)} GFLOP/s in registers.`;
  const items = notes.map((note) => {
    const item = document.createElement('li');
    item.textContent = note;
    return item;
  });
  element('notes').replaceChildren(...items);
}

async function run(): Promise<void> {
  start.disabled = true;
  download.disabled = true;
  choice.disabled = true;
  globalThis.wgradBench = undefined;
  const rows: Row[] = [];
  const place = {
    runtime: browserName(),
    cores: navigator.hardwareConcurrency,
    command: address.get('command') ?? '',
  };
  const report = await runBench({ ...options, contenders: chosen() }, place, {
    async begins(what) {
      status.textContent = `${what} …`;
      show({ rows, peak: null });
      await nextFrame();
    },
    ends(row) {
      rows.push(row);
      globalThis.wgradBenchRow?.(row);
    },
  });
  show(report);
  showRest(report);
  const failed = report.rows.filter(({ refused }) =>
    Object.values(refused).some(({ kind }) => kind !== 'unsupported'),
  ).length;
  status.textContent =
    failed === 0 ? 'Done.' : `Done; in ${failed} of ${report.rows.length} cases a result was not right and not timed.`;
  globalThis.wgradBench = report;
  start.textContent = 'Run again';
  start.disabled = false;
  download.disabled = false;
  choice.disabled = false;
}

function saveReport(): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(globalThis.wgradBench, null, 2)], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = 'wgrad-bench.json';
  link.click();
  URL.revokeObjectURL(url);
}

try {
  show({ rows: [], peak: null });
  installCounters();
  // The page opens the library's device itself, to show what it is before anything runs.
  openingFor('wgrad');
  const info = await openDevice(element('notice'));
  element('adapter').textContent = describeDevice(info);
  showChoice(parseContenders(address.get('with') ?? 'wgrad,compiled,cpu'), info);
  start.disabled = false;
  start.addEventListener('click', () => void run());
  download.addEventListener('click', saveReport);
  if (address.has('run')) await run();
} catch (error) {
  console.error(error);
  globalThis.wgradBenchFailure = error instanceof Error ? error.message : String(error);
  status.textContent = globalThis.wgradBenchFailure;
}
