// A small transformer learns to turn sequences around: what stands first must be written last, so
// each place has to look at another one. (A. Vaswani et al.: Attention is all you need, 2017)
import {
  compile,
  manualSeed,
  nn,
  noGrad,
  optim,
  print as standardPrint,
  randint,
  randn,
  type Tensor,
} from '../../src/index.ts';

const [symbols, length, width, heads] = [10, 6, 32, 4];

class Reverser extends nn.Module {
  readonly embed = new nn.Embedding(symbols, width);
  readonly position = new nn.Parameter(randn(length, width).mul(0.1));
  readonly encoder = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(width, heads, 2 * width, { dropout: 0, batchFirst: true }),
    1,
  );
  readonly head = new nn.Linear(width, symbols);

  /** x (B, length) -> logits (B, length, symbols). */
  override forward(x: Tensor): Tensor {
    return this.head(this.encoder(this.embed(x).add(this.position)));
  }
}

export async function main(print = standardPrint) {
  manualSeed(6);
  const net = new Reverser();
  const loss = new nn.CrossEntropyLoss();
  const trainer = new optim.Adam(net.parameters(), { lr: 0.01 });
  const step = compile((x: Tensor) => {
    const l = loss(net(x).flatten(0, 1), x.flip(1).flatten());
    trainer.zeroGrad();
    l.backward();
    trainer.step();
    return l.detach();
  });
  const pending: Promise<number>[] = [];
  for (let at = 0; at < 100; at++) pending.push(step(randint(0, symbols, [32, length])).item());
  const losses = await Promise.all(pending);
  for (const at of [0, 24, 49, 99]) print(`step ${at + 1}, loss ${losses[at].toFixed(4)}`);

  net.eval();
  const x = randint(0, symbols, [100, length]);
  const guess = noGrad(() => net(x).argmax(-1));
  const accuracy = await guess.eq(x.flip(1)).float().mean().item();
  print(`right: ${(100 * accuracy).toFixed(1)} % of the symbols of new sequences`);
  print(x.index('0:3'));
  print(guess.index('0:3'));
  return { losses, accuracy };
}
