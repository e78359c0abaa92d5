// The page of examples: shows the program that the address names with its source, runs it on demand and shows what it
// prints. Programs run one after the other, because they share one stream of random numbers.
import { describeDevice, openDevice } from './device.ts';
import { chapters, type Example, examples, sourceOf } from './examples/index.ts';
import { highlight } from './highlight.ts';
import { printTo } from './printer.ts';

/** What became of a run; on the section as `data-state`. */
type State = 'idle' | 'waiting' | 'running' | 'done' | 'failed';

interface View {
  readonly example: Example;
  readonly section: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly output: HTMLPreElement;
  /** Its line in the list of programs. */
  readonly link: HTMLAnchorElement;
}

const status = document.querySelector<HTMLElement>('#status')!;
const runAll = document.querySelector<HTMLButtonElement>('#run-all')!;
const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
let queue: Promise<void> = Promise.resolve();

function setState({ section, button, link }: View, state: State): void {
  section.dataset.state = state;
  link.dataset.state = state;
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

function linkTo(example: Example | undefined, text: string): HTMLAnchorElement {
  const link = document.createElement('a');
  if (example === undefined) return link;
  link.href = `#${example.name}`;
  link.textContent = text;
  return link;
}

async function build(example: Example, index: number): Promise<View> {
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
    </div>
    <footer></footer>`;
  section.querySelector('h2')!.textContent = example.title;
  section.querySelector('p')!.textContent = example.about;
  section.querySelector('.source')!.append(highlight(await sourceOf(example.name)));
  const [before, after] = [examples[index - 1], examples[index + 1]];
  section.querySelector('footer')!.append(linkTo(before, `← ${before?.title}`), linkTo(after, `${after?.title} →`));
  const view: View = {
    example,
    section,
    button: section.querySelector('button')!,
    output: section.querySelector<HTMLPreElement>('.output')!,
    link: linkTo(example, example.title),
  };
  view.button.setAttribute('aria-label', `Run ${example.title}`);
  section.dataset.state = 'idle';
  view.button.addEventListener('click', () => enqueue(view));
  return view;
}

/** Shows the program that the address names, or the first. */
function showNamed(): void {
  const shown = views.find(({ example }) => `#${example.name}` === location.hash) ?? views[0];
  for (const view of views) {
    view.section.hidden = view !== shown;
    view.link.setAttribute('aria-current', String(view === shown));
  }
  document.title = `${shown.example.title} · wgrad`;
}

const views = await Promise.all(examples.map(build));
const linkOf = new Map(views.map(({ example, link }) => [example, link]));
document.querySelector('#examples')!.append(...views.map(({ section }) => section));
const contents = document.querySelector<HTMLDetailsElement>('#contents')!;
for (const chapter of chapters) {
  const [title, list] = [document.createElement('h2'), document.createElement('ul')];
  title.textContent = chapter.title;
  for (const example of chapter.examples) {
    const item = document.createElement('li');
    item.append(linkOf.get(example)!);
    list.append(item);
  }
  contents.append(title, list);
}
// Beside the program the list stays open; above it, on a narrow screen, it would push the program away.
const wide = matchMedia('(min-width: 1000px)');
const fold = (): void => void (contents.open = wide.matches);
wide.addEventListener('change', fold);
fold();
addEventListener('hashchange', () => {
  showNamed();
  fold();
  scrollTo(0, 0);
});
showNamed();
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
