// The page of examples in Chromium: each program runs and prints what it should begin with. What they compute is the
// business of test/suites/programs.ts; the one with 50,000 steps runs there alone, as it takes long.
import { expect, test } from 'vitest';
import { examples } from '../../demo/examples/index.ts';
import { visitor } from './pages.ts';

const open = visitor();
const long = 'linear-regression-50000-steps';

test('each example shows its source, runs and prints', () =>
  open('/demo/examples.html', async ({ page, text, until }) => {
    await until("document.querySelector('#run-all').disabled === false");
    expect(await text('#adapter')).toContain('WebGPU');
    expect(await page.$$eval('.example', (sections) => sections.map(({ id }) => id))).toEqual(
      examples.map(({ name }) => name),
    );
    for (const { name } of examples) {
      expect(await text(`#${name} .source`)).toMatch(
        /^\/\/ [\s\S]*import \{[^}]*\} from 'wgrad';[\s\S]*export async function main/,
      );
      if (name === long) continue;
      await page.$eval(`#${name} button`, (button) => (button as HTMLButtonElement).click());
      await until(`['done', 'failed'].includes(document.querySelector('#${name}').dataset.state)`);
      expect([name, await page.$eval(`#${name}`, (section) => section.getAttribute('data-state'))]).toEqual([
        name,
        'done',
      ]);
      expect((await text(`#${name} .output`)).trim(), name).not.toBe('');
    }
    const shown = () => page.$$eval('.example:not([hidden])', (sections) => sections.map(({ id }) => id));
    expect(await shown()).toEqual(['tensors']);
    await page.$eval('#contents a[href="#lenet"]', (link) => (link as HTMLAnchorElement).click());
    await until("document.title.startsWith('LeNet')");
    expect(await shown()).toEqual(['lenet']);
    expect(await text('#tensors .output')).toContain('tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11])');
    expect(await text('#rosenbrock .output')).toMatch(/^577\d steps, loss 0\.00099/);
    expect(await text('#apples-and-oranges .output')).toContain('step 0, loss 33060.8');
  }));
