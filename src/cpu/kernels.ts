// The kernels of the CPU device: one plain loop nest each, by the name under which op.ts lists them. A missing one
// does not compile. Outputs are dense in C order unless said otherwise.

import type { TypedArray } from '../dtype.ts';
import { contract } from './contract.ts';
import { decompose, solveTriangular } from './decompose.ts';
import { checkError } from '../core/check-error.ts';
import type { Node } from '../core/graph.ts';
import type { KernelAttrs, KernelName, ScatterMode } from '../core/op.ts';
import { philoxUniform } from '../host/philox.ts';
import { contiguousStrides, numelOf } from '../shape.ts';
import { foreach, foreachReduce } from './foreach.ts';
import { reduce, scan } from './reduce.ts';
import { argsort, scanExtreme, search } from './sort.ts';
import { copyInto, dense, operandOf } from './strided.ts';

type Kernel<K extends KernelName> = (
  attrs: KernelAttrs[K],
  inputs: readonly Node[],
  outputs: readonly TypedArray[],
  node: Node,
) => void;

export const kernels: { readonly [K in KernelName]: Kernel<K> } = {
  fill: (_, [value], [out]) => void out.fill(value.number),
  reduce: ({ fn, dims }, [input], [out]) => reduce(fn, dims, input, out),
  scan: ({ fn, dim }, [input], [out]) => scan(fn, dim, input, out),
  scanExtreme: ({ fn, dim }, [input], [out]) => scanExtreme(fn, dim, input, out),
  argsort: (attrs, [input], [out]) => argsort(attrs, input, out),
  search: ({ right }, [sorted, values], [out]) => search(right, sorted, values, out),
  matmul: (_, [a, b], [out]) => matmul(a, b, out),
  contract: (attrs, inputs, [out]) => contract(attrs, inputs, out),
  gather: (_, [x, index], [out]) => gather(x, index, out),
  scatter: ({ mode }, [x, index, source], [out]) => scatter(mode, x, index, source, out),
  checkIndex: (attrs, [index], [out]) => checkIndex(attrs, index, out),
  decompose: (attrs, [x], [out], node) => decompose(attrs, x, out, node.shape[1]),
  solveTriangular: (attrs, [a, b], [out]) => solveTriangular(attrs, a, b, out),
  write: ({ region }, [base, value], [out]) => {
    out.set(base.value as TypedArray);
    copyInto(out, region, operandOf(value));
  },
  cat: ({ dim }, inputs, [out], node) => cat(dim, inputs, node, out),
  philox: (_, [low, high, offset], [out]) => {
    const seed = (BigInt(high.number >>> 0) << 32n) | BigInt(low.number >>> 0);
    philoxUniform(out as Float32Array, seed, offset.number);
  },
  foreach: (attrs, inputs, outputs) => foreach(attrs, inputs, outputs),
  foreachReduce: (attrs, inputs, outputs) => foreachReduce(attrs, inputs, outputs),
};

/** (B, M, K) x (B, K, N) -> (B, M, N), or without B; loops i, k, j so that rows of b and out run along memory. */
function matmul(a: Node, b: Node, out: TypedArray): void {
  const left = operandOf(a);
  const right = operandOf(b);
  const batched = a.shape.length === 3;
  const [M, K] = a.shape.slice(-2);
  const N = b.shape[b.shape.length - 1];
  const batches = batched ? a.shape[0] : 1;
  const [rowA, columnA] = left.strides.slice(-2);
  const [rowB, columnB] = right.strides.slice(-2);
  const sums = new Float64Array(N);
  for (let batch = 0; batch < batches; batch++) {
    const startA = left.offset + (batched ? batch * left.strides[0] : 0);
    const startB = right.offset + (batched ? batch * right.strides[0] : 0);
    for (let i = 0; i < M; i++) {
      sums.fill(0);
      for (let k = 0; k < K; k++) {
        const factor = left.array[startA + i * rowA + k * columnA];
        let at = startB + k * rowB;
        for (let j = 0; j < N; j++, at += columnB) sums[j] += factor * right.array[at];
      }
      out.set(sums, (batch * M + i) * N);
    }
  }
}

/** x (O, D, I), index (O, J, I) -> x[o, index[o, j, i], i]. */
function gather(x: Node, index: Node, out: TypedArray): void {
  const values = dense(x);
  const places = dense(index);
  const [, length, inner] = x.shape;
  const [outer, count] = index.shape;
  for (let o = 0, at = 0; o < outer; o++) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++, at++) out[at] = values[(o * length + places[at]) * inner + i];
    }
  }
}

const joins: Readonly<Record<ScatterMode, (there: number, value: number) => number>> = {
  set: (_, value) => value,
  place: (_, value) => value,
  add: (there, value) => there + value,
  mul: (there, value) => there * value,
  max: Math.max,
  min: Math.min,
};

function scatter(mode: ScatterMode, x: Node, index: Node, source: Node, out: TypedArray): void {
  // Products of int32 keep their low bits.
  const join = mode === 'mul' && out instanceof Int32Array ? Math.imul : joins[mode];
  const values = dense(source);
  const places = dense(index);
  const base = dense(x);
  const [, length, inner] = x.shape;
  const [outer, count] = index.shape;
  for (let at = 0; at < out.length; at++) out[at] = base[at];
  for (let o = 0, at = 0; o < outer; o++) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++, at++) {
        const to = (o * length + places[at]) * inner + i;
        out[to] = join(out[to], values[at]);
      }
    }
  }
}

function checkIndex(attrs: KernelAttrs['checkIndex'], index: Node, out: TypedArray): void {
  const { size, negative } = attrs;
  const places = dense(index);
  for (let at = 0; at < out.length; at++) {
    const place = places[at];
    if (place >= size || place < (negative ? -size : 0)) {
      throw checkError(attrs, index.shape, place);
    }
    out[at] = place < 0 ? place + size : place;
  }
}

function cat(dim: number, inputs: readonly Node[], node: Node, out: TypedArray): void {
  let offset = 0;
  for (const input of inputs) {
    // A single input of another shape is a plain copy in C order.
    const same = input.shape.length === node.shape.length;
    const region = same
      ? { shape: input.shape, strides: node.strides, offset }
      : { shape: input.shape, strides: contiguousStrides(input.shape), offset: 0 };
    if (numelOf(input.shape) > 0) copyInto(out, region, operandOf(input));
    if (same) offset += input.shape[dim] * node.strides[dim];
  }
}
