// Training loops written as in PyTorch hold their bytes flat: what is held after step 300 is what was held after step 70,
// but for the few bytes of losses that nobody read. Each loop's numbers are checked against plain JavaScript arithmetic.
import { memory, noGrad, stack, tensor, type Tensor, zeros } from '../../src/index.ts';
import { close, ok, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const early = 70;
const late = 300;
/**
 * Bytes that these steps may add: a page of small values (256 KiB on the GPU), which comes and goes, and the slots of
 * losses that nobody read. One leaked tensor a step of the size of the data adds 460 KB.
 */
const allowance = (48 + 256) * 1024;
const rate = 0.1;
/** The 512 points (2 KB) that all loops fit y = w x + b to, in float32. */
const count = 512;
const xs = Array.from({ length: count }, (_, at) => Math.fround(((at * 37) % 64) / 16 - 2));
const ys = xs.map((x, at) => Math.fround(1.5 * x + 1 + ((at % 5) - 2) / 8));
const sumOfXs = xs.reduce((sum, x) => sum + x, 0);

function bytes(): number {
  const { live, pooled } = memory();
  return live + pooled;
}

/** Runs `step` and compares the bytes held after an early and after the last step. `settle` reads something small. */
async function flat(step: (at: number) => void | Promise<void>, settle: () => Promise<unknown>): Promise<void> {
  let before = 0;
  for (let at = 1; at <= late; at++) {
    await step(at);
    if (at !== early && at !== late) continue;
    await settle();
    if (at === early) before = bytes();
  }
  ok(bytes() <= before + allowance, `${bytes()} bytes after step ${late}, ${before} after step ${early}`);
}

/** The same descent in JavaScript numbers: parameters and loss of each step. */
function descent(steps: number): { w: number; b: number; losses: number[]; path: number[] } {
  let [w, b] = [0, 0];
  const losses: number[] = [];
  const path: number[] = [];
  for (let at = 0; at < steps; at++) {
    let [loss, slopeW, slopeB] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const error = w * xs[i] + b - ys[i];
      loss += error * error;
      slopeW += error * xs[i];
      slopeB += error;
    }
    losses.push(loss / count);
    w -= (rate * 2 * slopeW) / count;
    b -= (rate * 2 * slopeB) / count;
    path.push(w);
  }
  return { w, b, losses, path };
}

interface Model {
  readonly w: Tensor;
  readonly b: Tensor;
  readonly loss: () => Tensor;
  /** Descends in place and empties the gradients. */
  readonly descend: () => void;
}

function model(): Model {
  const [x, y] = [tensor(xs), tensor(ys)];
  const [w, b] = [zeros(1, { requiresGrad: true }), zeros(1, { requiresGrad: true })];
  const descend = (): void =>
    noGrad(() => {
      for (const parameter of [w, b]) {
        parameter.sub_((parameter.grad as Tensor).mul(rate));
        (parameter.grad as Tensor).zero_();
      }
    });
  return { w, b, loss: () => x.mul(w).add(b).sub(y).square().mean(), descend };
}

async function checkModel({ w, b }: Model, steps = late): Promise<void> {
  const wanted = descent(steps);
  close([await w.item(), await b.item()], [wanted.w, wanted.b], { absolute: 1e-5, relative: 1e-5 });
}

export const suite = defineSuite('memory', (test) => {
  test('descent from scratch', async () => {
    const fit = model();
    await flat(
      () => {
        fit.loss().backward();
        fit.descend();
      },
      () => fit.w.item(),
    );
    await checkModel(fit);
  });

  test('gradients dropped instead of zeroed', async () => {
    const fit = model();
    await flat(
      () => {
        fit.loss().backward();
        fit.descend();
        fit.w.grad = null;
        fit.b.grad = null;
      },
      () => fit.w.item(),
    );
    await checkModel(fit);
  });

  test('the loss is read in every step', async () => {
    const fit = model();
    const losses: number[] = [];
    await flat(
      async () => {
        const loss = fit.loss();
        loss.backward();
        losses.push(await loss.item());
        fit.descend();
      },
      () => fit.w.item(),
    );
    await checkModel(fit);
    close(losses, descent(late).losses, { absolute: 1e-5, relative: 1e-4 });
  });

  test('losses kept in a list and stacked at the end', async () => {
    const fit = model();
    const losses: Tensor[] = [];
    const held: number[] = [];
    for (let at = 1; at <= late; at++) {
      const loss = fit.loss();
      losses.push(loss);
      loss.backward();
      fit.descend();
      if (at === early || at === late) {
        await fit.w.item();
        held.push(memory().live);
      }
    }
    ok(held[1] - held[0] <= allowance, `${held[1] - held[0]} bytes for ${late - early} kept losses`);
    close(await stack(losses).numpy(), descent(late).losses, { absolute: 1e-5, relative: 1e-4 });
    await checkModel(fit);
  });

  test('a metric and a gradient are read after the step', async () => {
    const fit = model();
    let last = [0, 0];
    await flat(
      async () => {
        const loss = fit.loss();
        const metric = loss.detach().sqrt().mul(2);
        loss.backward();
        const slope = (fit.w.grad as Tensor).clone();
        fit.descend();
        last = await Promise.all([metric.item(), slope.norm().item()]);
      },
      () => fit.w.item(),
    );
    const { losses } = descent(late);
    close(last[0], 2 * Math.sqrt(losses[late - 1]), { absolute: 1e-4, relative: 1e-4 });
    await checkModel(fit);
  });

  test('functional updates: w = w.sub(g.mul(lr))', async () => {
    const [x, y] = [tensor(xs), tensor(ys)];
    let w = zeros(1, { requiresGrad: true });
    let b = zeros(1, { requiresGrad: true });
    // Unread losses hold their inputs for a while, so the bytes rise and fall: the peak of the second half must be no
    // higher than that of the first, where a leak would double it.
    const start = bytes();
    const peaks = [0, 0];
    const steps = 300;
    for (let at = 0; at < steps; at++) {
      x.mul(w).add(b).sub(y).square().mean().backward();
      w = w
        .sub((w.grad as Tensor).mul(rate))
        .detach()
        .requiresGrad_();
      b = b
        .sub((b.grad as Tensor).mul(rate))
        .detach()
        .requiresGrad_();
      await w.item();
      const half = at < steps / 2 ? 0 : 1;
      peaks[half] = Math.max(peaks[half], bytes() - start);
    }
    ok(peaks[1] <= 1.6 * peaks[0] + allowance, `peaks of ${peaks.join(' and ')} bytes`);
    const wanted = descent(steps);
    close([await w.item(), await b.item()], [wanted.w, wanted.b], { absolute: 1e-5, relative: 1e-5 });
  });

  test('functional updates that are never read on the way', async () => {
    const [x, y] = [tensor(xs), tensor(ys)];
    let w = zeros(1);
    for (let at = 0; at < late; at++) {
      const error = x.mul(w).sub(y);
      w = w.sub(
        error
          .mul(x)
          .mean()
          .mul(2 * rate),
      );
    }
    let wanted = 0;
    for (let at = 0; at < late; at++)
      wanted -= (rate * 2 * xs.reduce((sum, x, i) => sum + (wanted * x - ys[i]) * x, 0)) / count;
    close(await w.item(), wanted, { absolute: 1e-5, relative: 1e-5 });
  });

  test('nothing is read', async () => {
    const fit = model();
    for (let at = 0; at < late; at++) {
      fit.loss().backward();
      fit.descend();
    }
    await checkModel(fit);
  });

  test('gradients accumulate over four small batches', async () => {
    const [w, b] = [zeros(1, { requiresGrad: true }), zeros(1, { requiresGrad: true })];
    const quarters = [0, 128, 256, 384].map(
      (from) => [tensor(xs.slice(from, from + 128)), tensor(ys.slice(from, from + 128))] as const,
    );
    await flat(
      () => {
        for (const [x, y] of quarters) x.mul(w).add(b).sub(y).square().mean().div(4).backward();
        noGrad(() => {
          for (const parameter of [w, b]) {
            parameter.sub_((parameter.grad as Tensor).mul(rate));
            (parameter.grad as Tensor).zero_();
          }
        });
      },
      () => w.item(),
    );
    const wanted = descent(late);
    close([await w.item(), await b.item()], [wanted.w, wanted.b], { absolute: 1e-5, relative: 1e-5 });
  });

  test('the best parameters so far, and a running average', async () => {
    const fit = model();
    let best = { loss: Infinity, w: fit.w.detach().clone() };
    const average = zeros(1);
    await flat(
      async () => {
        const loss = fit.loss();
        loss.backward();
        const value = await loss.item();
        if (value < best.loss) best = { loss: value, w: fit.w.detach().clone() };
        fit.descend();
        noGrad(() => average.mul_(0.9).add_(fit.w.detach().mul(0.1)));
      },
      async () => [await fit.w.item(), await best.w.item(), await average.item()],
    );
    await checkModel(fit);
    close(
      await average.item(),
      descent(late).path.reduce((kept, w) => 0.9 * kept + 0.1 * w, 0),
      { absolute: 1e-5, relative: 1e-4 },
    );
    close(await best.w.item(), descent(late).w, { absolute: 1e-3, relative: 1e-3 });
  });

  test('a sum of results that is read at the end', async () => {
    let total = zeros();
    const x = tensor(xs);
    for (let at = 0; at < late; at++) total = total.add(x.mul(at).sum());
    close(await total.item(), sumOfXs * ((late * (late - 1)) / 2), { absolute: 1e-2, relative: 1e-5 });
  });

  test('a buffer written one row a step', async () => {
    const replay = zeros(16, 256);
    const x = tensor(xs);
    await flat(
      async (at) => {
        replay.indexPut_([at % 16], x.sum().mul(at).expand(256));
        await replay.index(at % 16, 0).item();
      },
      () => replay.sum().item(),
    );
    const rows = Array.from({ length: 16 }, (_, row) => late - ((late - row) % 16));
    close(
      await replay.index(':, 0').numpy(),
      rows.map((at) => at * sumOfXs),
      { relative: 1e-5 },
    );
  });

  test('larger states are updated in place', async () => {
    const [size, steps] = [64, 40];
    const weight = zeros(size, size, { requiresGrad: true });
    const target = tensor(Array.from({ length: size }, (_, at) => at / size));
    let before = 0;
    for (let at = 1; at <= steps; at++) {
      weight.sub(target).square().sum().backward();
      noGrad(() => {
        weight.sub_((weight.grad as Tensor).mul(0.1));
        (weight.grad as Tensor).zero_();
      });
      if (at === 10) {
        await weight.sum().item();
        before = bytes();
      }
    }
    const [first] = (await weight.index(0, ':3').tolist()) as number[];
    same(first, 0);
    const decay = 1 - 0.8 ** steps;
    close(
      await weight.index(5).numpy(),
      Array.from({ length: size }, (_, at) => (at / size) * decay),
      { absolute: 1e-6 },
    );
    ok(bytes() <= before + 64 * 1024, `${bytes()} bytes after step ${steps}, ${before} after step 10`);
  });

  test('dispose gives bytes back, and the tensor cannot be used again', async () => {
    const x = zeros(256, 256);
    await x.add_(1).realize();
    const { live } = memory();
    x.dispose();
    for (let flush = 0; flush < 10; flush++) await zeros(1).add(1).realize();
    ok(memory().live <= live - 256 * 256 * 4 + allowance, `${memory().live} bytes are live, ${live} were`);
    try {
      x.add(1);
      ok(false, 'a disposed tensor was used');
    } catch (error) {
      same(
        [(error as Error).name, (error as Error).message],
        ['DisposedError', '[tensor] a tensor of shape (256, 256) was used after dispose().'],
      );
    }
  });
});
