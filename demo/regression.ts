// The training behind the live page: synthetic data, a layer, SGD. Knows tensors, and nothing of the page.
import { data, manualSeed, matmul, nn, normal, optim, stack, tensor, type Tensor } from '../src/index.ts';

export const truth = { w: [2, -3.4], b: 4.2, noise: 1 } as const;
export const count = 1000;
export const epochs = 20;

/** Parameters read from the device. */
export interface Parameters {
  readonly w: readonly [number, number];
  readonly b: number;
}

/** What some steps gave: the loss of each batch, in order, and the parameters after the last. */
export interface Progress {
  readonly losses: Float32Array;
  readonly parameters: Parameters;
}

/** y = X w + b + noise, learned by minibatch gradient descent; starts from the same seed each time. */
export class Regression {
  readonly features: Tensor;
  readonly labels: Tensor;
  private readonly layer: nn.Linear;
  private readonly trainer: optim.SGD;
  private readonly loss = new nn.MSELoss();
  private batches: Iterator<readonly [Tensor, Tensor]> | null = null;
  private currentBatchSize: number;
  private seen = 0;

  constructor(lr: number, batchSize: number) {
    manualSeed(0);
    this.features = normal(0, 1, [count, 2]); // (1000, 2)
    const noise = normal(0, truth.noise, [count, 1]);
    this.labels = matmul(this.features, tensor([...truth.w]).reshape(2, 1))
      .add(truth.b)
      .add(noise); // (1000, 1)
    this.layer = new nn.Linear(2, 1);
    this.layer.weight.data.normal_(0, 0.01);
    this.layer.bias.data.fill_(0);
    this.trainer = new optim.SGD(this.layer.parameters(), { lr });
    this.currentBatchSize = batchSize;
  }

  set lr(lr: number) {
    for (const group of this.trainer.paramGroups) group.lr = lr;
  }

  /** From the next batch on; the rest of the epoch is drawn anew. */
  set batchSize(batchSize: number) {
    if (batchSize !== this.currentBatchSize) this.batches = null;
    this.currentBatchSize = batchSize;
  }

  get batchSize(): number {
    return this.currentBatchSize;
  }

  /** Epochs done, with the fraction of the current one. */
  get epoch(): number {
    return this.seen / count;
  }

  get finished(): boolean {
    return this.epoch >= epochs;
  }

  /** At most `steps` steps, fewer at the end; nothing is read until all of them are under way. */
  async run(steps: number): Promise<Progress> {
    const losses: Tensor[] = [];
    while (losses.length < steps && !this.finished) losses.push(this.step());
    const [values, parameters] = await Promise.all([stack(losses).numpy(), this.parameters()]);
    return { losses: values as Float32Array, parameters };
  }

  async parameters(): Promise<Parameters> {
    const [w, b] = await Promise.all([this.layer.weight.numpy(), this.layer.bias.item()]);
    return { w: [w[0], w[1]], b };
  }

  private step(): Tensor {
    const [X, y] = this.nextBatch();
    const l = this.loss(this.layer(X), y);
    this.trainer.zeroGrad();
    l.backward();
    this.trainer.step();
    this.seen += X.size(0);
    return l.detach();
  }

  private nextBatch(): readonly [Tensor, Tensor] {
    for (;;) {
      this.batches ??= this.shuffled();
      const { done, value } = this.batches.next();
      if (done !== true) return value as readonly [Tensor, Tensor];
      this.batches = null;
    }
  }

  private shuffled(): Iterator<readonly [Tensor, Tensor]> {
    const dataset = new data.TensorDataset(this.features, this.labels);
    const loader = new data.DataLoader(dataset, { batchSize: this.currentBatchSize, shuffle: true });
    return loader[Symbol.iterator]();
  }
}
