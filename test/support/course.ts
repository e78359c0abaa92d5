// What the suites of the course's programs share: PyTorch's numbers (test/golden/course.py), and how a program is run.
import { type Print, printTo } from '../../demo/printer.ts';
import goldenText from '../golden/course.json?raw';
import { close } from './expect.ts';

/** What a program that trains reports of each epoch: the mean loss of its batches, the share of new pictures that are right. */
export interface Curve {
  readonly losses: number[];
  readonly accuracies: number[];
}

interface Golden {
  readonly 'softmax-regression-scratch': Curve;
  readonly 'softmax-regression-concise': Curve;
  readonly 'mlp-scratch': Curve;
  readonly 'mlp-concise': Curve;
  readonly lenet: Curve;
  readonly resnet: Curve;
  readonly 'char-rnn': Readonly<Record<string, { readonly losses: number[]; readonly text: string }>>;
  readonly attention: Readonly<Record<string, number[]>>;
  readonly 'transformer-reverse': { readonly losses: number[]; readonly accuracy: number };
  readonly 'weight-decay': number[][];
  readonly dropout: { readonly losses: number[]; readonly accuracy: number };
  readonly optimizers: Readonly<Record<string, number[][]>>;
}

export const golden = JSON.parse(goldenText) as Golden;

/** Runs a program; what it prints is written to nobody, but must be printable. */
export async function run<R>(main: (print: Print) => Promise<R>): Promise<R> {
  const { print, done } = printTo(() => undefined);
  const result = await main(print);
  await done();
  return result;
}

/** Bounds of a curve: how far losses may differ, relative; and how many of 200 new pictures may fall otherwise. */
export interface Bounds {
  readonly relative: number;
  readonly pictures: number;
}

export function compareCurve({ losses, accuracies }: Curve, wanted: Curve, { relative, pictures }: Bounds): void {
  close(losses, wanted.losses, { relative }, 'losses');
  close(accuracies, wanted.accuracies, { absolute: pictures / 200 + 1e-6 }, 'accuracies');
}
