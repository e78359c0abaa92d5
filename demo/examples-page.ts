// The page of examples: shows each program with its source, runs it on demand and shows what it prints. Programs run one
// after the other, because they share one stream of random numbers.
import { describeDevice, openDevice } from './device.ts';
import { type Example, examples, sourceOf } from './examples/index.ts';
import { highlight } from './highlight.ts';
import { printTo } from './printer.ts';

/** What became of a run; on the section as `data-state`. */
type State = 'idle' | 'waiting' | 'running' | 'done' | 'failed';

interface View {
  readonly example: Example;
  readonly section: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly output: HTMLPreElement;
}

const status = document.querySelector<HTMLElement>('#status')!;
const runAll = document.querySelector<HTMLButtonElement>('#run-all')!;
const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
let queue: Promise<void> = Promise.resolve();

function setState({ section, button }: View, state: State): void {
  section.dataset.state = state;
  button.disabled = state === 'waiting' || state === 'running';
  button.textContent = { idle: 'Run', waiting: 'Waiting', running: 'Running', done: 'Run again', failed: 'Run again' }[
    state
  ];
}

async function run(view: View): Promise<void> {
  const { example, output } = view;
  setState(view, 'running');
  status.textContent = `Running “${example.title}” …`;
  output.textContent = '';
  await nextFrame();
  const start = performance.now();
  const { print, done } = printTo((text) => output.append(`${text}\n`));
  try {
    const { main } = await example.load();
    await main(print);
    await done();
    setState(view, 'done');
    status.textContent = `“${example.title}” took ${((performance.now() - start) / 1000).toFixed(2)} s.`;
  } catch (error) {
    console.error(error);
    const line = document.createElement('span');
    line.className = 'bad';
    line.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    output.append(line);
    setState(view, 'failed');
    status.textContent = `“${example.title}” failed.`;
  }
}

function enqueue(view: View): void {
  if (view.button.disabled) return;
  setState(view, 'waiting');
  queue = queue.then(() => run(view));
}

async function show(example: Example): Promise<View> {
  const section = document.createElement('section');
  section.id = example.name;
  section.className = 'card example';
  section.innerHTML = `
    <header>
      <div><h2></h2><p class="small quiet"></p></div>
      <button type="button" disabled>Run</button>
    </header>
    <div class="panes">
      <pre class="source" tabindex="0" aria-label="Source"></pre>
      <pre class="output" tabindex="0" aria-label="Output" aria-live="polite"></pre>
    </div>`;
  section.querySelector('h2')!.textContent = example.title;
  section.querySelector('p')!.textContent = example.about;
  section.querySelector('.source')!.append(highlight(await sourceOf(example.name)));
  const view: View = {
    example,
    section,
    button: section.querySelector('button')!,
    output: section.querySelector<HTMLPreElement>('.output')!,
  };
  view.button.setAttribute('aria-label', `Run ${example.title}`);
  section.dataset.state = 'idle';
  view.button.addEventListener('click', () => enqueue(view));
  return view;
}

const views = await Promise.all(examples.map(show));
document.querySelector('#examples')!.append(...views.map(({ section }) => section));
document.querySelector('#contents')!.append(
  ...examples.map(({ name, title }) => {
    const link = document.createElement('a');
    link.href = `#${name}`;
    link.textContent = title;
    return link;
  }),
);
runAll.addEventListener('click', () => views.forEach(enqueue));

try {
  const info = await openDevice(document.querySelector<HTMLElement>('#notice')!);
  document.querySelector('#adapter')!.textContent = describeDevice(info);
  for (const view of views) setState(view, 'idle');
  runAll.disabled = false;
} catch (error) {
  console.error(error);
  status.textContent = error instanceof Error ? error.message : String(error);
}
