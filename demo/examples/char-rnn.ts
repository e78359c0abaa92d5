// A character model: a recurrent net reads a rhyme letter by letter, says which letter comes next,
// and then goes on by itself: a plain cell, a GRU, an LSTM.
import {
  arange,
  compile,
  manualSeed,
  nn,
  noGrad,
  optim,
  print as standardPrint,
  randint,
  tensor,
  type Tensor,
} from '../../src/index.ts';

const text = `the sun is up, the sea is wide,
the boats go out upon the tide.
the sun is high, the sea is bright,
the boats are far and out of sight.
the sun is low, the sea is red,
the boats come home, the nets are spread.
the sun is down, the sea is deep,
the boats are in, and all asleep.
`;
const letters = [...new Set(text)].sort();
const codesOf = (part: string): number[] => [...part].map((letter) => letters.indexOf(letter));
const [hidden, steps, batch, length] = [32, 80, 16, 20];

/** What a net remembers: h, or h and the memory of an LSTM. */
type State = Tensor | [Tensor, Tensor];
type Recurrent = nn.Module & ((x: Tensor, state?: State | null) => [output: Tensor, state: State]);

const kinds = {
  RNN: () => new nn.RNN(letters.length, hidden) as Recurrent,
  GRU: () => new nn.GRU(letters.length, hidden) as Recurrent,
  LSTM: () => new nn.LSTM(letters.length, hidden) as Recurrent,
};

class CharModel extends nn.Module {
  readonly rnn: Recurrent;
  readonly head: nn.Linear;

  constructor(make: () => Recurrent) {
    super();
    this.rnn = make();
    this.head = new nn.Linear(hidden, letters.length);
  }

  /** index (T, B) -> logits of the letters that come next (T, B, letters), and the state behind the last. */
  override forward(index: Tensor, state: State | null = null): [Tensor, State] {
    const x = nn.functional.oneHot(index, letters.length).float();
    const [output, last] = this.rnn(x, state);
    return [this.head(output), last];
  }
}

/** The text with the likeliest letter each time. */
async function goOn(model: CharModel, start: string, count: number): Promise<string> {
  const found = noGrad(() => {
    let [logits, state] = model(tensor(codesOf(start), { dtype: 'int32' }).reshape(-1, 1));
    const next: Tensor[] = [];
    for (let at = 0; at < count; at++) {
      next.push(logits.index(-1, 0).argmax());
      [logits, state] = model(next[at].reshape(1, 1), state);
    }
    return next;
  });
  const codes = await Promise.all(found.map((code) => code.item()));
  return start + codes.map((code) => letters[code]).join('');
}

export async function main(print = standardPrint) {
  const corpus = tensor(codesOf(text), { dtype: 'int32' });
  const results: Record<string, { losses: number[]; text: string }> = {};
  for (const [kind, make] of Object.entries(kinds)) {
    manualSeed(5);
    const model = new CharModel(make);
    const loss = new nn.CrossEntropyLoss();
    const trainer = new optim.Adam(model.parameters(), { lr: 0.02 });
    const step = compile((x: Tensor, y: Tensor) => {
      const l = loss(model(x)[0].flatten(0, 1), y.flatten());
      trainer.zeroGrad();
      l.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      trainer.step();
      return l.detach();
    });
    const pending: Promise<number>[] = [];
    for (let at = 0; at < steps; at++) {
      // Pieces of the text, one a column, and the same pieces a letter later.
      const starts = randint(0, text.length - length - 1, [batch]);
      const pieces = corpus.index(starts.add(arange(length + 1).reshape(-1, 1)));
      pending.push(step(pieces.index('0:-1'), pieces.index('1:')).item());
    }
    const losses = await Promise.all(pending);
    const continued = await goOn(model, 'the ', 60);
    print(`${kind}: loss ${losses[0].toFixed(3)} -> ${losses.at(-1)!.toFixed(3)}`);
    print(continued, '\n');
    results[kind] = { losses, text: continued };
  }
  return results;
}
