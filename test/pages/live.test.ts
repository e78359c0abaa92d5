// The live page in Chromium: it learns, pauses, starts anew, follows its sliders and works without WebGPU on request.
import type { Page } from 'puppeteer';
import { expect, test } from 'vitest';
import { visitor, withoutWebGpu } from './pages.ts';

const open = visitor();
const ready = "document.querySelector('#status').textContent.startsWith('Ready')";
const numberIn = (selector: string): string =>
  `Number(document.querySelector('${selector}').textContent.replaceAll(',', ''))`;
const progress = "document.querySelector('#progress').value";

async function slide(page: Page, selector: string, value: string): Promise<void> {
  await page.$eval(
    selector,
    (slider, wanted) => {
      (slider as HTMLInputElement).value = wanted;
      slider.dispatchEvent(new Event('input'));
    },
    value,
  );
}

test('start: the loss falls and the parameters come near the true ones', () =>
  open('/demo/', async ({ page, text, until }) => {
    await until(ready);
    expect(await text('#adapter')).toContain('WebGPU');
    await page.click('#start');
    await until(`${progress} === 1`);
    // The noise has variance 1, the first batches lose more than 20.
    expect(Number(await text('#loss'))).toBeLessThan(2);
    const learned = await page.$$eval('#parameters tr', (rows) =>
      rows.map((row) => Number(row.children[1].textContent)),
    );
    [2, -3.4, 4.2].forEach((wanted, at) => expect(Math.abs(learned[at] - wanted)).toBeLessThan(0.25));
    expect(Number((await text('#speed')).replaceAll(',', ''))).toBeGreaterThan(0);
    expect(await text('#memory')).toMatch(/^[\d.]+ (B|KiB|MiB)$/);
    expect(await page.$$eval('canvas', (found) => found.length)).toBe(3);
    expect(await text('#status')).toContain('Done');
  }));

test('pause stops the steps, continue goes on, reset starts anew', () =>
  open('/demo/', async ({ page, text, until }) => {
    await until(ready);
    await slide(page, '#batch-size', '0');
    await page.click('#start');
    await until(`${progress} > 0`);
    await page.click('#start');
    expect(await text('#start')).toBe('Continue');
    await until("document.querySelector('#status').textContent === 'Paused.'");
    // What was under way when pause was pressed is still drawn.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const paused = await page.evaluate(progress);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.evaluate(progress)).toBe(paused);
    expect(paused).toBeLessThan(1);
    await page.click('#start');
    await until(`${progress} > ${String(paused)}`);
    await page.click('#reset');
    await until(ready);
    expect(await page.evaluate(progress)).toBe(0);
    expect(await text('#loss')).toBe('–');
    expect(await text('#start')).toBe('Start');
  }));

test('a step size that is too large is called by its name', () =>
  open('/demo/', async ({ page, until }) => {
    await until(ready);
    await slide(page, '#step-size', '0.3');
    await page.click('#start');
    await until("document.querySelector('#status').textContent.includes('smaller step size')");
    await until("document.querySelector('#start').textContent !== 'Pause'");
  }));

test('without WebGPU the page says what to do and goes on with the CPU', () =>
  open(
    '/demo/',
    async ({ page, text, until }) => {
      await until("document.querySelector('#use-cpu') !== null");
      expect(await text('#notice')).toContain('This browser offers no WebGPU');
      await page.click('#use-cpu');
      await until(ready);
      expect(await text('#adapter')).toContain('CPU');
      await page.click('#start');
      await until(`${progress} === 1 && ${numberIn('#loss')} < 2`);
    },
    withoutWebGpu,
  ));
