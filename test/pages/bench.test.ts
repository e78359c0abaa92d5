// The benchmark page in Chromium, at small sizes: every row is checked and filled. Times are not looked at.
import { expect, test } from 'vitest';
import { visitor } from './pages.ts';

const open = visitor();

test('the table is filled with checked rows, and each has its bars', () =>
  open('/bench/?size=small&rounds=2', async ({ page, text, until }) => {
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
    expect(rows.length).toBe(8);
    for (const { state, cells } of rows) {
      expect([cells[0], cells[1], state]).toEqual([cells[0], expect.stringMatching(/^ok, |^equal$/), 'right']);
      expect(cells.length).toBe(9);
      expect(cells.slice(2).every((cell) => /^[\d.,]+ /.test(cell))).toBe(true);
    }
    expect(await page.$$eval('#bars rect', (bars) => bars.length)).toBe(16);
    expect(await text('#status')).toBe('Done.');
    expect(await page.$eval('#download', (button) => (button as HTMLButtonElement).disabled)).toBe(false);
  }));
