// The curves and point clouds of the pages: uPlot in the page's colours, redrawn where its size or the colour scheme changes.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

type Build = (color: (name: string) => string) => Omit<uPlot.Options, 'width' | 'height'>;

/** A chart that fills the width of `place` and keeps its height. */
export class Chart {
  private plot: uPlot | null = null;
  private data: uPlot.AlignedData = [[]];
  private readonly place: HTMLElement;
  private readonly height: number;
  private readonly build: Build;

  constructor(place: HTMLElement, height: number, build: Build) {
    this.place = place;
    this.height = height;
    this.build = build;
    place.style.height = `${height}px`;
    new ResizeObserver(() => this.fit()).observe(place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  show(data: uPlot.AlignedData): void {
    this.data = data;
    if (this.plot === null) this.draw();
    else this.plot.setData(data);
  }

  private fit(): void {
    const width = this.place.clientWidth;
    if (this.plot !== null && width > 0) this.plot.setSize({ width, height: this.height });
  }

  private draw(): void {
    const style = getComputedStyle(document.documentElement);
    const options = this.build((name) => style.getPropertyValue(`--${name}`).trim());
    this.plot?.destroy();
    const size = { width: Math.max(this.place.clientWidth, 100), height: this.height };
    this.plot = new uPlot({ ...options, ...size }, this.data, this.place);
  }
}

const axisFont = '12px system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';

function axes(color: (name: string) => string): {
  stroke: string;
  font: string;
  grid: uPlot.Axis.Grid;
  ticks: uPlot.Axis.Ticks;
} {
  const grid = { stroke: color('line'), width: 1 };
  return { stroke: color('quiet'), font: axisFont, grid, ticks: { ...grid, size: 4 } };
}

/** The powers of ten between two values. */
function decades(min: number, max: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(min) - 1e-9), Math.floor(Math.log10(max) + 1e-9)];
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => Number(`1e${first + at}`));
}

/** 100, 0.01, and 1e6 beyond four digits. */
function powerOfTen(value: number): string {
  return Math.abs(Math.log10(value)) > 4 ? value.toExponential(0).replace('e+', 'e') : String(value);
}

/** Losses by step on a logarithmic scale: [steps, each batch, running mean, loss of the true parameters]. */
export function lossChart(place: HTMLElement): Chart {
  return new Chart(place, 300, (color) => ({
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [
      { ...axes(color), size: 32 },
      {
        ...axes(color),
        size: 46,
        splits: (_plot, _axis, min, max) => decades(min, max),
        filter: (_plot, splits) => splits,
        values: (_plot, splits) => splits.map(powerOfTen),
      },
    ],
    series: [
      {},
      { stroke: color('blue-soft'), width: 1, points: { show: false } },
      { stroke: color('blue'), width: 2.5, points: { show: false } },
      { stroke: color('amber'), width: 1.5, dash: [6, 5], points: { show: false } },
    ],
  }));
}

/** Points and two lines over one feature: [x, y, learned line, true line]. */
export function scatterChart(place: HTMLElement, range: { x: [number, number]; y: [number, number] }): Chart {
  return new Chart(place, 260, (color) => ({
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false, range: () => range.x }, y: { range: () => range.y } },
    axes: [
      { ...axes(color), size: 30 },
      { ...axes(color), size: 34 },
    ],
    series: [
      {},
      { paths: () => null, points: { show: true, size: 5, width: 0, fill: color('dot'), stroke: 'transparent' } },
      { stroke: color('blue'), width: 2.5, points: { show: false } },
      { stroke: color('amber'), width: 1.5, dash: [6, 5], points: { show: false } },
    ],
  }));
}
