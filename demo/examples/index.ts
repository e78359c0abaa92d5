// The example programs by chapter, in reading order, with their sources. The page, the command line and the tests use it.
import type { Print } from '../printer.ts';

export interface Example {
  /** The name of its file: `linear-regression-scratch`. */
  readonly name: string;
  readonly title: string;
  /** One sentence for the list. */
  readonly about: string;
  load(): Promise<{ main(print?: Print): Promise<unknown> }>;
}

export interface Chapter {
  readonly title: string;
  readonly examples: readonly Example[];
}

export const chapters: readonly Chapter[] = [
  {
    title: 'Preliminaries',
    examples: [
      {
        name: 'tensors',
        title: 'Tensors',
        about: 'Making them, reading and writing parts, arithmetic and broadcasting.',
        load: () => import('./tensors.ts'),
      },
      {
        name: 'preprocessing',
        title: 'Preprocessing',
        about: 'A csv text with gaps becomes tensors.',
        load: () => import('./preprocessing.ts'),
      },
      {
        name: 'linear-algebra',
        title: 'Linear algebra',
        about: 'Transposes, sums along axes, products, norms.',
        load: () => import('./linear-algebra.ts'),
      },
      {
        name: 'autograd',
        title: 'Automatic differentiation',
        about: 'Gradients, detached values, control flow, the recorded graph.',
        load: () => import('./autograd.ts'),
      },
    ],
  },
  {
    title: 'Linear regression',
    examples: [
      {
        name: 'linear-regression-scratch',
        title: 'Linear regression from scratch',
        about: 'Data, model, loss and optimizer written out.',
        load: () => import('./linear-regression-scratch.ts'),
      },
      {
        name: 'linear-regression-concise',
        title: 'Linear regression, concise',
        about: 'The same model from the parts of the library.',
        load: () => import('./linear-regression-concise.ts'),
      },
      {
        name: 'linear-regression-50000-steps',
        title: 'Linear regression in 50,000 steps',
        about: 'Partial derivatives by hand, L2 and L1 loss, the best parameters kept.',
        load: () => import('./linear-regression-50000-steps.ts'),
      },
      {
        name: 'apples-and-oranges',
        title: 'Apples and oranges',
        about: 'Two crops from temperature, rainfall and humidity.',
        load: () => import('./apples-and-oranges.ts'),
      },
      {
        name: 'weight-decay',
        title: 'Weight decay',
        about: 'More inputs than examples: a penalty on large weights helps on new data.',
        load: () => import('./weight-decay.ts'),
      },
    ],
  },
  {
    title: 'Classification',
    examples: [
      {
        name: 'softmax-regression-scratch',
        title: 'Softmax regression from scratch',
        about: 'Ten drawn digits told apart by one linear map, with softmax and loss written out.',
        load: () => import('./softmax-regression-scratch.ts'),
      },
      {
        name: 'softmax-regression-concise',
        title: 'Softmax regression, concise',
        about: 'The same pictures with loader, layer, loss and optimizer.',
        load: () => import('./softmax-regression-concise.ts'),
      },
    ],
  },
  {
    title: 'Multilayer perceptrons',
    examples: [
      {
        name: 'small-network',
        title: 'A small network',
        about: 'Two layers, four activations, checked against the chain rule.',
        load: () => import('./small-network.ts'),
      },
      {
        name: 'mlp-scratch',
        title: 'Multilayer perceptron from scratch',
        about: 'A hidden layer with ReLU between parameters made by hand.',
        load: () => import('./mlp-scratch.ts'),
      },
      {
        name: 'mlp-concise',
        title: 'Multilayer perceptron, concise',
        about: 'The same net in four lines, its step captured by compile.',
        load: () => import('./mlp-concise.ts'),
      },
      {
        name: 'dropout',
        title: 'Dropout',
        about: 'Units switched off at random while the net trains, from scratch and by the layer.',
        load: () => import('./dropout.ts'),
      },
    ],
  },
  {
    title: 'Convolutional networks',
    examples: [
      {
        name: 'lenet',
        title: 'LeNet',
        about: 'Convolutions and pools see a stroke wherever it stands.',
        load: () => import('./lenet.ts'),
      },
      {
        name: 'resnet',
        title: 'A residual net',
        about: 'Blocks with batch norm that learn what to add to their input.',
        load: () => import('./resnet.ts'),
      },
    ],
  },
  {
    title: 'Sequences',
    examples: [
      {
        name: 'char-rnn',
        title: 'A character model',
        about: 'A plain cell, a GRU and an LSTM learn a rhyme and go on by themselves.',
        load: () => import('./char-rnn.ts'),
      },
      {
        name: 'attention',
        title: 'Attention',
        about: 'A curve from noisy points, then dot products, additive scores, several heads.',
        load: () => import('./attention.ts'),
      },
      {
        name: 'transformer-reverse',
        title: 'A small transformer',
        about: 'One layer of self-attention learns to turn sequences around.',
        load: () => import('./transformer-reverse.ts'),
      },
    ],
  },
  {
    title: 'Optimization',
    examples: [
      {
        name: 'rosenbrock',
        title: "Rosenbrock's valley",
        about: 'Gradient descent until the loss is below a goal, with few reads.',
        load: () => import('./rosenbrock.ts'),
      },
      {
        name: 'optimizers',
        title: 'Optimizers on a toy function',
        about: 'Eight rules written out beside their twins, down the same flat valley.',
        load: () => import('./optimizers.ts'),
      },
    ],
  },
];

export const examples: readonly Example[] = chapters.flatMap((chapter) => chapter.examples);

const sources = import.meta.glob<string>(['./*.ts', '!./index.ts'], { query: '?raw', import: 'default' });

/** The text of an example as a user of the package would write it: imported from 'wgrad', by few lines. */
export async function sourceOf(name: string): Promise<string> {
  const text = await sources[`./${name}.ts`]();
  return text
    .replaceAll("'../../src/index.ts'", "'wgrad'")
    .replace(/^import \{\n([^}]*)\n\} from/m, (_, names: string) => `import {\n${filled(names)}\n} from`);
}

/** A list with an entry a line, refilled to lines of at most 90 characters. */
function filled(list: string): string {
  const lines = [''];
  for (const entry of list.split('\n').map((line) => line.trim())) {
    if (lines.at(-1)!.length + entry.length > 88) lines.push('');
    lines.push(`${lines.pop()!} ${entry}`);
  }
  return lines.map((line) => ` ${line}`).join('\n');
}
