// The benchmark page: a button, a table and bars. Options in the address: size=small, rounds=3, and run to start at once;
// `npm run bench` reads the report from the page when it is done.
import { describeDevice, isSoftware, openDevice } from '../demo/device.ts';
import type { DeviceInfo } from '../src/index.ts';
import { benchCases, type DeviceName, type Size } from './cases.ts';
import { measure, type Row } from './measure.ts';
import { cells, columns, formatNumber, type Report } from './report.ts';

declare global {
  /** The report of the last complete run. */
  var wgradBench: Report | undefined;
}

const options = new URLSearchParams(location.search);
const size: Size = options.get('size') === 'small' ? 'small' : 'full';
const rounds = Math.max(Number(options.get('rounds') ?? 7) || 7, 1);
const cases = benchCases(size);

function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

const start = element<HTMLButtonElement>('run');
const download = element<HTMLButtonElement>('download');
const status = element('status');

function cell(tag: 'td' | 'th', text: string, at: number): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (at > 1) made.className = 'number';
  if (tag === 'th') made.setAttribute('scope', 'col');
  return made;
}

function showTable(rows: readonly Row[]): void {
  const head = document.createElement('tr');
  head.append(...columns.map((name, at) => cell('th', name, at)));
  element('head').replaceChildren(head);
  element('rows').replaceChildren(
    ...cases.map(({ name }, index) => {
      const row = rows[index];
      const line = document.createElement('tr');
      line.dataset.state = row === undefined ? 'waiting' : row.right ? 'right' : 'wrong';
      const texts = row === undefined ? [name] : cells(row);
      line.append(...texts.map((text, at) => cell('td', text, at)));
      if (row !== undefined) line.children[1].classList.add(row.right ? 'good' : 'bad');
      const last = line.lastElementChild as HTMLTableCellElement;
      last.colSpan = columns.length - texts.length + 1;
      return line;
    }),
  );
}

const svgNamespace = 'http://www.w3.org/2000/svg';

function svg(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** A name and two bars for each row that was measured; rates of one row share a scale. Sizes in pixels. */
function showBars(rows: readonly Row[]): void {
  const [thickness, gap, title, labels] = [14, 4, 22, 120];
  const each = title + 2 * (thickness + gap) + 14;
  const width = Math.max(element('bars').clientWidth, 240);
  const measured = rows.filter((row) => row.right);
  const drawing = svg('svg', {
    class: 'bars',
    height: measured.length * each,
    role: 'img',
    'aria-label': 'Rates as bars; the table has the numbers',
  });
  measured.forEach((row, index) => {
    const top = index * each;
    drawing.append(svg('text', { x: 0, y: top + 14 }, row.name));
    const most = Math.max(...Object.values(row.devices).map(({ rate }) => rate));
    (['webgpu', 'cpu'] as const).forEach((device, at) => {
      const rate = row.devices[device]?.rate;
      if (rate === undefined) return;
      const y = top + title + at * (thickness + gap);
      const length = Math.max((rate / most) * (width - labels), 2);
      drawing.append(svg('rect', { class: device, x: 0, y, width: length, height: thickness, rx: 3 }));
      drawing.append(svg('text', { class: 'rate', x: length + 8, y: y + 12 }, `${formatNumber(rate)} ${row.unit}`));
    });
  });
  element('bars').replaceChildren(drawing);
}

const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

async function run(info: DeviceInfo): Promise<void> {
  start.disabled = true;
  download.disabled = true;
  globalThis.wgradBench = undefined;
  const devices: readonly DeviceName[] = info.type === 'webgpu' ? ['webgpu', 'cpu'] : ['cpu'];
  const rows: Row[] = [];
  for (const one of cases) {
    status.textContent = `${one.name} …`;
    showTable(rows);
    await nextFrame();
    rows.push(await measure(one, devices, rounds));
    showBars(rows);
  }
  showTable(rows);
  const wrong = rows.filter((row) => !row.right).length;
  status.textContent = wrong === 0 ? 'Done.' : `Done; ${wrong} of ${rows.length} results are wrong and were not timed.`;
  globalThis.wgradBench = {
    adapter: info.description,
    software: info.type === 'cpu' || isSoftware(info.description),
    browser: /(?:Headless)?(?:Chrome|Firefox|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? navigator.userAgent,
    date: new Date().toISOString(),
    cores: navigator.hardwareConcurrency,
    size,
    rounds,
    rows,
  };
  start.textContent = 'Run again';
  start.disabled = false;
  download.disabled = false;
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

showTable([]);
try {
  const info = await openDevice(element('notice'));
  element('adapter').textContent = describeDevice(info);
  start.disabled = false;
  start.addEventListener('click', () => void run(info));
  download.addEventListener('click', saveReport);
  new ResizeObserver(() => globalThis.wgradBench && showBars(globalThis.wgradBench.rows)).observe(element('bars'));
  if (options.has('run')) await run(info);
} catch (error) {
  console.error(error);
  status.textContent = error instanceof Error ? error.message : String(error);
}
