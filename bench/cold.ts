// The page of a cold start: `cold.html?with=ID` computes one training step with one contender and says how long it took,
// counted from the start of the navigation. `npm run bench` opens it in fresh browser contexts.
import { coldStart } from './cold-start.ts';
import { parseContenders, parseSize } from './suite.ts';

declare global {
  /** Milliseconds, or a message about what went wrong. */
  var wgradColdStart: number | string | undefined;
}

const options = new URLSearchParams(location.search);
try {
  const [id] = parseContenders(options.get('with') ?? 'wgrad');
  globalThis.wgradColdStart = await coldStart(id, parseSize(options.get('size') ?? 'full'));
} catch (error) {
  globalThis.wgradColdStart = error instanceof Error ? error.message : String(error);
}
document.getElementById('status')!.textContent =
  typeof globalThis.wgradColdStart === 'number'
    ? `${globalThis.wgradColdStart.toFixed(0)} ms from the start of this page to the loss of one step.`
    : globalThis.wgradColdStart;
