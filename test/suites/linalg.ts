// Linear algebra: PyTorch's numbers where its own samples do not reach (golden/linalg.json), factorisations of random matrices by
// what is left of them in float64, and matrices that are singular or not positive definite.
import * as wgrad from '../../src/index.ts';
import {
  einsum,
  eye,
  linalg,
  LinAlgError,
  manualSeed,
  noGrad,
  ones,
  randn,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import golden from '../golden/linalg.json';
import { checkSample, type RecordedTensor, type Sample, tensorOf } from '../ops/samples.ts';
import { close, ok, rejects, same, throws } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

const samples = golden.samples as unknown as Readonly<Record<string, readonly Sample[]>>;
const spectral = golden.spectral as unknown as readonly {
  readonly op: 'eigh' | 'svd';
  readonly input: RecordedTensor;
  readonly parts: readonly RecordedTensor[];
}[];

/** Those of OpInfo's samples, on the software adapter. */
const bounds = {
  value: { absolute: 1e-4, relative: 1e-4 },
  gradient: { absolute: 2e-4, relative: 1e-3 },
};

/** A matrix on the host, in float64. */
interface Host {
  readonly rows: number;
  readonly columns: number;
  readonly at: (i: number, j: number) => number;
}

async function host(x: Tensor): Promise<Host> {
  const [rows, columns] = x.shape;
  const values = await x.numpy();
  return { rows, columns, at: (i, j) => values[i * columns + j] };
}

const turned = ({ rows, columns, at }: Host): Host => ({ rows: columns, columns: rows, at: (i, j) => at(j, i) });

/** The product of matrices, in float64. */
function times(...list: readonly Host[]): Host {
  return list.reduce((a, b) => {
    const values = new Float64Array(a.rows * b.columns);
    for (let i = 0; i < a.rows; i++)
      for (let k = 0; k < a.columns; k++)
        for (let j = 0; j < b.columns; j++) values[i * b.columns + j] += a.at(i, k) * b.at(k, j);
    return { rows: a.rows, columns: b.columns, at: (i, j) => values[i * b.columns + j] };
  });
}

const identity = (n: number): Host => ({ rows: n, columns: n, at: (i, j) => Number(i === j) });

/** The largest element of a - b. */
function apart(a: Host, b: Host): number {
  same([a.rows, a.columns], [b.rows, b.columns], 'sizes');
  let most = 0;
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.columns; j++) most = Math.max(most, Math.abs(a.at(i, j) - b.at(i, j)));
  return most;
}

/** Checks that matrices are equal up to the rounding of float32 in about n steps. */
function alike(a: Host, b: Host, label: string, scale = 1): void {
  const most = apart(a, b);
  const limit = 4e-7 * scale * Math.max(a.rows, a.columns, 8);
  ok(most <= limit, `${label}: off by ${most}, allowed ${limit}`);
}

const shapes: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 2],
  [7, 7],
  [33, 33],
  [65, 65],
  [65, 3],
  [3, 65],
  [128, 128],
];

const random = (rows: number, columns: number): Tensor => {
  manualSeed(rows * 1000 + columns);
  return randn(rows, columns);
};

export const suite = defineSuite('linalg', (test) => {
  for (const [op, list] of Object.entries(samples)) {
    test(`${op}: as PyTorch`, async () => {
      for (const [at, sample] of list.entries()) {
        try {
          await checkSample(op, sample, bounds);
        } catch (error) {
          throw new Error(`sample ${at}: ${String(error)}`, { cause: error });
        }
      }
    });
  }

  for (const { op, input, parts } of spectral) {
    test(`${op} ${input.tensor.join(' x ')}: as PyTorch, up to signs`, async () => {
      const x = tensorOf(input);
      const found =
        op === 'eigh'
          ? [...linalg.eigh(x)].map((one, at) => (at === 0 ? one : one.abs()))
          : [...linalg.svd(x, false)].map((one, at) => (at === 1 ? one : one.abs()));
      for (const [at, one] of found.entries()) {
        const wanted = await tensorOf(parts[at]).numpy();
        same(one.shape, parts[at].tensor);
        close(await one.numpy(), wanted, { absolute: 2e-5, relative: 1e-4 });
      }
    });
  }

  for (const [m, n] of shapes) {
    test(`factorisations of ${m} x ${n}`, async () => {
      const x = random(m, n);
      const a = await host(x);
      const { P, L, U } = linalg.lu(x);
      alike(times(await host(P), await host(L), await host(U)), a, 'P L U - A', 4);
      for (const mode of ['reduced', 'complete'] as const) {
        const { Q, R } = linalg.qr(x, mode);
        const q = await host(Q);
        alike(times(turned(q), q), identity(q.columns), `Q^T Q - I, ${mode}`);
        alike(times(q, await host(R)), a, `Q R - A, ${mode}`, 4);
      }
      const svd = linalg.svd(x, m === 65);
      const [u, vh] = [await host(svd.U), await host(svd.Vh)];
      const s = await svd.S.numpy();
      alike(times(turned(u), u), identity(u.columns), 'U^T U - I', 2);
      alike(times(vh, turned(vh)), identity(vh.rows), 'V^T V - I', 2);
      const middle: Host = { rows: u.columns, columns: vh.rows, at: (i, j) => (i === j ? s[i] : 0) };
      alike(times(u, middle, vh), a, 'U S V^T - A', 8);
      ok(
        s.every((value, at) => value >= 0 && (at === 0 || value <= s[at - 1])),
        'singular values descend',
      );
    });
  }

  for (const n of [1, 2, 7, 33, 65, 128]) {
    test(`symmetric ${n} x ${n}, and systems`, async () => {
      const x = random(n, n);
      const half = x.add(x.mT).mul(0.5);
      const { eigenvalues, eigenvectors } = linalg.eigh(half);
      const v = await host(eigenvectors);
      const values = await eigenvalues.numpy();
      alike(times(turned(v), v), identity(n), 'V^T V - I', 2);
      const middle: Host = { ...identity(n), at: (i, j) => (i === j ? values[i] : 0) };
      alike(times(v, middle, turned(v)), await host(half), 'V diag V^T - A', 8);
      ok(
        values.every((value, at) => at === 0 || value >= values[at - 1]),
        'eigenvalues ascend',
      );
      const definite = x.matmul(x.mT).div(n).add(eye(n));
      const l = await host(linalg.cholesky(definite));
      alike(times(l, turned(l)), await host(definite), 'L L^T - A', 2);
      const a = await host(definite);
      alike(times(a, await host(linalg.inv(definite))), identity(n), 'A A^-1 - I', 8);
      const b = random(n, 5);
      alike(times(a, await host(linalg.solve(definite, b))), await host(b), 'A X - B', 16);
      const cut = x.tril(-1).div(n).add(eye(n));
      const answer = await host(linalg.solveTriangular(cut, b, { upper: false }));
      alike(times(await host(cut), answer), await host(b), 'L X - B', 8);
    });
  }

  test('batches, transposes and expanded matrices', async () => {
    manualSeed(3);
    const x = randn(2, 3, 5, 5);
    const all = await linalg.inv(x.mT).numpy();
    close(await linalg.inv(x).mT.contiguous().numpy(), all, { absolute: 1e-3, relative: 1e-3 });
    const one = x.index(1, 2);
    const many = linalg.qr(one.expand(4, 5, 5)).R;
    close(await many.index(3).numpy(), await linalg.qr(one).R.numpy());
    same(many.shape, [4, 5, 5]);
    const rank = linalg.svd(ones(6, 4));
    const u = await host(rank.U);
    alike(times(turned(u), u), identity(6), 'U of rank 1');
    close(await rank.S.numpy(), [Math.sqrt(24), 0, 0, 0]);
  });

  test('a singular matrix fails the read of what needs its inverse', async () => {
    const x = tensor([
      [1, 2],
      [2, 4],
    ]);
    const wrong = linalg.inv(x);
    await rejects(() => wrong.numpy(), LinAlgError, /singular/);
    await rejects(() => wrong.sum().add(1).item(), LinAlgError, /linalg\.inv/);
    await rejects(() => linalg.solve(x, ones(2)).numpy(), LinAlgError, /linalg\.solve/);
    await rejects(() => linalg.cholesky(x.neg()).numpy(), LinAlgError, /not positive definite/);
    same(await x.det().item(), 0);
    // The determinant is smooth there: its gradient is the adjugate, where PyTorch answers 0.
    const smooth = x.clone().requiresGrad_();
    smooth.det().backward();
    close(await (smooth.grad as Tensor).numpy(), [4, -2, -2, 1], { absolute: 1e-5 });
    same(await linalg.slogdet(x).logabsdet.item(), -Infinity);
    // The rest of the program goes on.
    close(await linalg.inv(x.add(eye(2))).numpy(), [5 / 6, -1 / 3, -1 / 3, 1 / 3]);
    const two = tensor([
      [
        [1, 2],
        [2, 4],
      ],
      [
        [2, 0],
        [0, 2],
      ],
    ]);
    same(await linalg.invEx(two).info.tolist(), [2, 0]);
    same(await linalg.luFactorEx(two).info.tolist(), [2, 0]);
    same(await linalg.choleskyEx(two).info.tolist(), [2, 0]);
    close(await linalg.invEx(two).inverse.index(1).numpy(), [0.5, 0, 0, 0.5]);
    await rejects(() => linalg.choleskyEx(two, false, true).L.numpy(), LinAlgError, /not positive definite/);
  });

  test('special sizes and numbers', async () => {
    const empty = wgrad.zeros(0, 0);
    same([linalg.inv(empty).shape, linalg.svdvals(empty).shape], [[0, 0], [0]]);
    same(await linalg.det(empty).item(), 1);
    same(linalg.qr(wgrad.zeros(3, 0), 'complete').Q.shape, [3, 3]);
    const huge = tensor([
      [3e30, 0],
      [4e30, 0],
    ]);
    close(await linalg.svdvals(huge).numpy(), [5e30, 0], { relative: 1e-5 });
    close(await linalg.qr(huge).R.abs().numpy(), [5e30, 0, 0, 0], { relative: 1e-5, absolute: 1 });
    const zero = linalg.svd(wgrad.zeros(3, 2));
    const u = await host(zero.U);
    alike(times(turned(u), u), identity(3), 'U of zeros');
    close(
      await linalg
        .matrixExp(
          tensor([
            [0, -100],
            [100, 0],
          ]),
        )
        .numpy(),
      [Math.cos(100), -Math.sin(100), Math.sin(100), Math.cos(100)],
      { absolute: 2e-3 },
    );
  });

  test('einsum with lists of integers, and what it refuses', async () => {
    const [a, b] = [randn(2, 3), randn(3, 4)];
    const wanted = await a.matmul(b).numpy();
    close(await einsum(a, [0, 1], b, [1, 2], [0, 2]).numpy(), wanted);
    close(await einsum(a, [0, 1], b, [1, 2]).numpy(), wanted);
    close(await einsum(a, ['...', 1], b, [1, 2], ['...', 2]).numpy(), wanted);
    const refused = (text: string, ...list: Tensor[]) => throws(() => einsum(text, ...list), wgrad.WgradError);
    refused('ij,jk', a);
    refused('ij,jk', a, a);
    refused('ijk', a);
    refused('i1', a);
    refused('ij->ii', a);
    refused('ij->k', a);
    refused('ij->i->j', a);
  });

  test('mistakes are named at the call', () => {
    throws(() => linalg.inv(ones(2, 3)), wgrad.ShapeError, /must be square/);
    throws(() => linalg.inv(ones(2)), wgrad.ShapeError, /a matrix \(rows, columns\)/);
    throws(() => linalg.cholesky(ones(2, 2).to('int32')), wgrad.DTypeError, /dtype int32/);
    throws(() => linalg.solve(eye(2), ones(3)), wgrad.ShapeError, /B needs 2 rows/);
    const tall = ones(3, 2).requiresGrad_();
    throws(() => linalg.qr(tall, 'complete').R.sum().backward(), wgrad.AutogradError, /mode 'reduced'/);
    throws(() => linalg.multiDot([ones(2, 2)]), wgrad.ArgumentError, /at least 2/);
    throws(() => linalg.matrixNorm(ones(2, 2), 3), wgrad.ArgumentError, /ord 3/);
    throws(() => linalg.cross(ones(2), ones(2)), wgrad.ShapeError, /3 elements/);
    throws(() => wgrad.tensordot(ones(2, 3), ones(2, 3), 1), wgrad.ShapeError, /need one size/);
  });

  test('an optimizer over an inverse and a determinant repeats its steps', async () => {
    manualSeed(5);
    const target = randn(3, 3).add(eye(3).mul(3));
    const w = eye(3).requiresGrad_();
    const losses: Tensor[] = [];
    const trainer = new wgrad.optim.SGD([w], { lr: 0.01 });
    for (let step = 0; step < 12; step++) {
      const loss = w.matmul(target).sub(eye(3)).square().sum().sub(w.slogdet().logabsdet.mul(0.1));
      trainer.zeroGrad();
      loss.backward();
      trainer.step();
      losses.push(loss.detach());
    }
    const values = await Promise.all(losses.map((loss) => loss.item()));
    ok(values[11] < values[0] / 2, `the loss falls: ${values.join(', ')}`);
    const last = noGrad(() => w.matmul(target));
    same(last.shape, [3, 3]);
  });
});
