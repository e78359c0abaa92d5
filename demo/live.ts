// The live page: buttons, sliders, charts and numbers around the training in regression.ts. It computes a few steps
// between two frames, as many as keep the page smooth, and reads their losses together.
import { memory } from '../src/index.ts';
import { lossChart, scatterChart } from './charts.ts';
import { describeDevice, formatBytes, openDevice } from './device.ts';
import { epochs, type Parameters, Regression, truth } from './regression.ts';

/** Milliseconds that the steps between two frames should take together. */
const budget = 40;
/** Batches in the running mean of the loss. */
const smoothing = 20;
/** Points shown in a panel; all are used. */
const shown = 300;
/** The curve keeps this many points at most; a longer one is thinned out. */
const curveLimit = 2000;

function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

const start = element<HTMLButtonElement>('start');
const reset = element<HTMLButtonElement>('reset');
const stepSize = element<HTMLInputElement>('step-size');
const batchSize = element<HTMLInputElement>('batch-size');
const curve = lossChart(element('curve'));
const panels = [0, 1].map((which) => scatterChart(element(`scatter-${which}`), { x: [-3.5, 3.5], y: [-9, 17] }));

const chosenStepSize = (): number => Number((10 ** Number(stepSize.value)).toPrecision(2));
const chosenBatchSize = (): number => [1, 2, 5, 10, 20, 50, 100, 200][Number(batchSize.value)];

/** Everything drawn so far; each list has one entry a kept step. */
interface Curve {
  steps: number[];
  losses: (number | null)[];
  means: (number | null)[];
}

let regression: Regression;
let points: { x: number[]; y: number[] }[] = [];
let running = false;
let done: Promise<void> = Promise.resolve();
let step = 0;
let recent: number[] = [];
let drawn: Curve = { steps: [], losses: [], means: [] };
let stride = 1;

function say(text: string, kind: '' | 'bad' | 'good' = ''): void {
  const status = element('status');
  status.textContent = text;
  status.className = `small ${kind}`;
}

/** Losses that cannot be drawn on a logarithmic scale leave a gap. */
const drawable = (value: number): number | null => (value > 0 && value < 1e30 ? value : null);

const meanOfRecent = (): number => recent.reduce((sum, value) => sum + value, 0) / recent.length;

function addToCurve(losses: Float32Array): void {
  for (const loss of losses) {
    step++;
    recent.push(loss);
    if (recent.length > smoothing) recent.shift();
    if (step % stride > 0) continue;
    drawn.steps.push(step);
    drawn.losses.push(drawable(loss));
    drawn.means.push(drawable(meanOfRecent()));
  }
  if (drawn.steps.length > curveLimit) {
    const even = <T>(list: T[]): T[] => list.filter((_, at) => at % 2 === 1);
    drawn = { steps: even(drawn.steps), losses: even(drawn.losses), means: even(drawn.means) };
    stride *= 2;
  }
}

function drawCurve(): void {
  const floor = drawn.steps.map(() => truth.noise ** 2);
  curve.show([drawn.steps, drawn.losses, drawn.means, floor]);
}

function showParameters({ w, b }: Parameters): void {
  const rows = [
    ['w₁', w[0], truth.w[0]],
    ['w₂', w[1], truth.w[1]],
    ['b', b, truth.b],
  ] as const;
  element('parameters').innerHTML = rows
    .map(([name, learned, wanted]) => {
      const numbers = [learned, wanted, Math.abs(learned - wanted)].map(
        (value) => `<td class="number">${value.toFixed(3)}</td>`,
      );
      return `<tr><th scope="row">${name}</th>${numbers.join('')}</tr>`;
    })
    .join('');
  panels.forEach((panel, which) => {
    const { x, y } = points[which];
    const line = (slope: number, height: number): number[] => x.map((value) => slope * value + height);
    panel.show([x, y, line(w[which], b), line(truth.w[which], truth.b)]);
  });
}

function showNumbers(stepsPerSecond: number | null): void {
  const { epoch } = regression;
  element('epoch').textContent = `${Math.floor(epoch)} of ${epochs}`;
  element<HTMLProgressElement>('progress').value = Math.min(epoch / epochs, 1);
  element('loss').textContent = recent.length === 0 ? '–' : meanOfRecent().toPrecision(3);
  if (stepsPerSecond !== null) element('speed').textContent = Math.round(stepsPerSecond).toLocaleString('en');
  element('memory').textContent = formatBytes(memory().live);
}

/** The points of each feature, sorted: y without the other feature's true part. */
async function readPoints(): Promise<void> {
  const [features, labels] = await Promise.all([regression.features.numpy(), regression.labels.numpy()]);
  points = [0, 1].map((which) => {
    const other = 1 - which;
    const pairs = Array.from({ length: shown }, (_, row) => ({
      x: features[2 * row + which],
      y: labels[row] - truth.w[other] * features[2 * row + other],
    })).sort((a, b) => a.x - b.x);
    return { x: pairs.map(({ x }) => x), y: pairs.map(({ y }) => y) };
  });
}

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

async function train(): Promise<void> {
  let chunk = 1;
  let speed: number | null = null;
  while (running && !regression.finished) {
    regression.lr = chosenStepSize();
    regression.batchSize = chosenBatchSize();
    const before = performance.now();
    const { losses, parameters } = await regression.run(chunk);
    const ms = performance.now() - before;
    const now = (losses.length / ms) * 1000;
    speed = speed === null ? now : 0.9 * speed + 0.1 * now;
    chunk = Math.min(Math.max(Math.round((speed * budget) / 1000), 1), 50);
    addToCurve(losses);
    drawCurve();
    showParameters(parameters);
    showNumbers(speed);
    if (!Number.isFinite(losses.at(-1)) || losses.at(-1)! > 1e6) {
      say('The loss grows without bound: each step jumps over the valley. Take a smaller step size and reset.', 'bad');
      running = false;
    }
    await nextFrame();
  }
  if (regression.finished) say(`Done after ${step.toLocaleString('en')} steps. Reset to learn again.`, 'good');
  running = false;
  showButtons();
}

function showButtons(): void {
  start.textContent = running ? 'Pause' : step > 0 && !regression.finished ? 'Continue' : 'Start';
  start.disabled = regression.finished;
  reset.disabled = step === 0 && !running;
}

async function prepare(): Promise<void> {
  running = false;
  await done;
  step = 0;
  stride = 1;
  recent = [];
  drawn = { steps: [], losses: [], means: [] };
  regression = new Regression(chosenStepSize(), chosenBatchSize());
  await readPoints();
  showParameters(await regression.parameters());
  drawCurve();
  showNumbers(null);
  element('speed').textContent = '–';
  showButtons();
  say('Ready. The sliders also work while it learns.');
}

function fail(error: unknown): void {
  console.error(error);
  running = false;
  start.disabled = true;
  say(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 'bad');
}

function showSliders(): void {
  element('step-size-value').textContent = String(chosenStepSize());
  element('batch-size-value').textContent = String(chosenBatchSize());
}

start.addEventListener('click', () => {
  running = !running;
  if (running) {
    say('Learning …');
    // A pause may still be ending: the new run starts after it.
    done = done.then(train).catch(fail);
  } else say('Paused.');
  showButtons();
});
reset.addEventListener('click', () => void prepare().catch(fail));
for (const slider of [stepSize, batchSize]) slider.addEventListener('input', showSliders);

showSliders();
try {
  element('adapter').textContent = '…';
  const info = await openDevice(element('notice'));
  element('adapter').textContent = describeDevice(info);
  await prepare();
} catch (error) {
  fail(error);
}
