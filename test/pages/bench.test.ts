// The benchmark page in Chromium, at small sizes: every row is checked and filled. Times are not looked at.
import { expect, test } from 'vitest';
import { benchCases } from '../../bench/cases.ts';
import { visitor } from './pages.ts';

const open = visitor();
const cases = benchCases('small').map(({ name }) => name);

test('the table is filled with checked rows, and each has its bar', () =>
  open('/bench/?size=small&rounds=2&with=wgrad,cpu', async ({ page, text, until }) => {
    await until("document.querySelector('#run').disabled === false");
    expect(await text('#adapter')).toContain('WebGPU');
    await page.click('#run');
    await until('globalThis.wgradBench !== undefined');
    const rows = await page.$$eval('#rows tr', (lines) =>
      lines.map((line) => ({
        state: line.getAttribute('data-state'),
        cells: Array.from(line.children, (cell) => cell.textContent ?? ''),
      })),
    );
    // A line with the name of the case, then one for each contender.
    expect(rows.filter(({ state }) => state === null).map(({ cells }) => cells)).toEqual(cases.map((name) => [name]));
    const measured = rows.filter(({ state }) => state !== null);
    expect(measured.length).toBe(2 * cases.length);
    for (const { state, cells } of measured) {
      const [who, check, ...numbers] = cells;
      expect([who, check, state]).toEqual([
        expect.stringMatching(/^wgrad/),
        expect.stringMatching(/^ok, |^equal$/),
        'right',
      ]);
      expect(numbers.length).toBe(9);
      expect(numbers.slice(0, 4).every((cell) => /^[\d.,]+ /.test(cell))).toBe(true);
      // Dispatches, submits and bytes are WebGPU's alone.
      expect(numbers.slice(-3).every((cell) => (who === 'wgrad' ? /^\d/ : /^–$/).test(cell))).toBe(true);
    }
    expect(await page.$$eval('#bars .bar', (bars) => bars.length)).toBe(2 * cases.length);
    expect(await text('#status')).toBe('Done.');
    expect(await page.$eval('#download', (button) => (button as HTMLButtonElement).disabled)).toBe(false);
  }));

test('a visitor of the page loads no other library', () =>
  open('/bench/?size=small&rounds=1&only=linear', async ({ page, until }) => {
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.url()));
    await until("document.querySelector('#run').disabled === false");
    await page.click('#run');
    await until('globalThis.wgradBench !== undefined');
    expect(loaded.filter((url) => /jax|tensorflow|tfjs/.test(url))).toEqual([]);
    expect(await page.$$eval('#contenders input:checked', (chosen) => chosen.map((one) => one.value))).toEqual([
      'wgrad',
      'compiled',
      'cpu',
    ]);
  }));
