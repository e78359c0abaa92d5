// autograd.detectAnomaly: the first value with NaN is found at the next read, forward and backward, with the operation's name
// and the line that called it; and nothing changes where there is none.
import { autograd, compile, nn, ones, optim, tensor, type Tensor, type WgradError, zeros } from '../../src/index.ts';
import { AnomalyError } from '../../src/index.ts';
import { ok, rejects, same, throws } from '../support/expect.ts';
import { type Context, defineSuite } from '../support/suite.ts';

const { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } = autograd;

/** The error of a read, whose line must be of this file where stacks have files (not in a bundled page). */
async function found(read: () => Promise<unknown>, { backend }: Context): Promise<AnomalyError> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof AnomalyError)) throw error;
    if (backend !== 'chromium') ok(error.line.includes('suites/anomaly.ts'), `the line: ${error.line}`);
    return error;
  }
  throw new Error('nothing was found');
}

const withoutLine = (error: WgradError): string => error.message.replace(/ It was called .*$/, '');

export const suite = defineSuite('anomaly', (test) => {
  test('the first operation whose result has NaN', async (context) => {
    const x = tensor([4, -1]);
    const y = detectAnomaly(() => x.sqrt().mul(2).sum());
    const error = await found(() => y.item(), context);
    same(
      withoutLine(error),
      '[sqrt] the result (2,) is the first value with NaN: no input of the operation holds one.',
    );
    ok(Number.isNaN(await y.item()), 'an anomaly is told once');
  });

  test('inside a loss, the loss is named', async (context) => {
    const logits = tensor([[Infinity, 1]]);
    const loss = detectAnomaly(() => nn.functional.crossEntropy(logits, tensor([1], { dtype: 'int32' })).mul(1));
    same((await found(() => loss.item(), context)).op, 'crossEntropy');
  });

  test('NaN that came with the data counts where it arrives', async (context) => {
    const x = tensor([NaN, 1]);
    const filled = detectAnomaly(() => zeros(2).where(x.isnan(), x.mul(2)));
    same(await filled.tolist(), [0, 2], 'a value that is left out on purpose');
    const error = await found(() => detectAnomaly(() => x.add(1)).numpy(), context);
    same(
      withoutLine(error),
      '[add] an input (2,) holds NaN already: no operation before made it: it came with the data, or with the step of an optimizer.',
    );
  });

  test('backward: the step of the tape and the line of its forward', async (context) => {
    const x = tensor([0, 4], { requiresGrad: true });
    // The value is fine: sqrt(0) * 0. Its gradient is 0 * inf, as in PyTorch's example.
    detectAnomaly(() => x.sqrt().mul(0).sum().backward());
    const error = await found(() => (x.grad as Tensor).numpy(), context);
    same(
      withoutLine(error),
      '[SqrtBackward0] the gradient (2,) of input 0 is the first value with NaN: the gradients before it hold none.',
    );
  });

  test('operations that write in place, and those of a custom function', async (context) => {
    const w = tensor([-1, 1]);
    setDetectAnomaly(true);
    w.log_();
    setDetectAnomaly(false);
    same((await found(() => w.numpy(), context)).op, 'log_');
    class Bad extends autograd.Function {
      static override forward(_: autograd.FunctionContext, x: Tensor): Tensor {
        return x.mul(2);
      }
      static override backward(_: autograd.FunctionContext, grad: Tensor): Tensor {
        return grad.mul(tensor(NaN));
      }
    }
    const x = ones(2, { requiresGrad: true });
    detectAnomaly(() => Bad.apply(x).sum().backward());
    same((await found(() => (x.grad as Tensor).numpy(), context)).op, 'tensor', 'data that the backward brings');
  });

  test('a rule that throws says where its forward was called', ({ backend }) => {
    class Throws extends autograd.Function {
      static override forward(_: autograd.FunctionContext, x: Tensor): Tensor {
        return x.mul(2);
      }
      static override backward(): Tensor {
        throw new Error('no way back');
      }
    }
    const x = ones(2, { requiresGrad: true });
    const run = () => detectAnomaly(() => Throws.apply(x).sum().backward(), { checkNan: false });
    if (backend === 'chromium') throws(run, 'AutogradError');
    else throws(run, 'AutogradError', /^\[ThrowsBackward\] no way back: its forward was called at .*anomaly\.ts:\d+/);
    same(isAnomalyEnabled(), false);
  });

  test('an async function: the mode stays on until it ends', async (context) => {
    let during = false;
    const run = detectAnomaly(async () => {
      const x = ones(3);
      await x.sum().item();
      during = isAnomalyEnabled();
      return x.mul(-1).log().sum().item();
    });
    ok(isAnomalyEnabled(), 'while it runs');
    same((await found(() => run, context)).op, 'log');
    same([during, isAnomalyEnabled()], [true, false]);
  });

  test('where nothing is wrong, the numbers are the same, compiled or not', async () => {
    const train = async (watched: boolean): Promise<number[]> => {
      const w = zeros(3, { requiresGrad: true });
      const trainer = new optim.SGD([w], { lr: 0.1 });
      const X = tensor([[1, 2, 3], [0, 1, -1]]); // prettier-ignore
      const y = tensor([1, -1]);
      const step = compile(() => {
        const l = nn.functional.mseLoss(X.matmul(w).tanh(), y);
        trainer.zeroGrad();
        l.backward();
        trainer.step();
        return l.detach();
      });
      if (watched) setDetectAnomaly(true);
      const losses: number[] = [];
      try {
        for (let at = 0; at < 6; at++) losses.push(await step().item());
      } finally {
        setDetectAnomaly(false);
      }
      return [...losses, ...(await w.numpy())];
    };
    same(await train(true), await train(false));
  });

  test('switched off, steps of the tape keep no stack', () => {
    const x = ones(2, { requiresGrad: true });
    same(x.exp().gradFn?.trace, null);
    ok(detectAnomaly(() => x.exp()).gradFn?.trace instanceof Error, 'on, they do');
    throws(() => detectAnomaly(3 as never), 'ArgumentError', '[detectAnomaly] fn is 3: it must be a function.');
  });

  test('an anomaly rejects the read and leaves the program usable', async () => {
    const x = detectAnomaly(() => tensor([-1]).sqrt());
    await rejects(x.numpy(), 'AnomalyError', /^\[sqrt\]/);
    same(await ones(2).add(1).tolist(), [2, 2]);
  });
});
