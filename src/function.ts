// Operations with gradients of the user's own: autograd.Function.

import { AutogradError } from './errors.ts';
import { copyNode, fillNode, untaped } from './ops/apply.ts';
import { GradFn, isGradEnabled, Tensor } from './tensor.ts';

/** What a custom function's forward and backward share. */
export class FunctionContext {
  /** Tensors that `backward` needs. */
  savedTensors: readonly Tensor[] = [];
  /** Which inputs want a gradient. */
  needsInputGrad: readonly boolean[] = [];
  readonly [key: string]: unknown;

  saveForBackward(...tensors: Tensor[]): void {
    this.savedTensors = tensors;
  }
}

/** An operation with a gradient of the user's. https://pytorch.org/docs/stable/autograd.html#function */
// oxlint-disable-next-line typescript/no-extraneous-class -- PyTorch's form: users subclass it and call apply on the class.
export abstract class Function {
  /** Computes the result; not recorded on the tape. */
  static forward(_context: FunctionContext, ..._args: never[]): Tensor | Tensor[] {
    throw new AutogradError({
      op: 'Function',
      fact: 'forward is missing',
      rule: 'a subclass defines static forward and backward',
    });
  }

  /** From the gradients of the results to those of the arguments, null for what takes none. */
  static backward(_context: FunctionContext, ..._grads: never[]): Tensor | null | readonly (Tensor | null)[] {
    throw new AutogradError({
      op: 'Function',
      fact: 'backward is missing',
      rule: 'a subclass defines static forward and backward',
    });
  }

  /** Runs forward and puts it on the tape. */
  static apply<A extends unknown[], R extends Tensor | Tensor[]>(
    this: {
      name: string;
      forward(context: FunctionContext, ...args: A): R;
      backward(context: FunctionContext, ...grads: Tensor[]): Tensor | null | readonly (Tensor | null)[];
    },
    ...args: A
  ): R {
    const context = new FunctionContext();
    context.needsInputGrad = args.map((arg) => arg instanceof Tensor && arg.requiresGrad);
    const result = untaped(() => this.forward(context, ...args));
    if (!isGradEnabled() || !context.needsInputGrad.includes(true)) return result;
    const inputs = args.filter((arg) => arg instanceof Tensor);
    const outputs = [result].flat() as Tensor[];
    const fn: GradFn = new GradFn(
      `${this.name}Backward`,
      (_, { grads }) => {
        const filled = outputs.map(
          (output, index) => grads[index] ?? Tensor.at(fillNode(0, output.device, output.dtype, output.shape), null),
        );
        const answers = [this.backward(context, ...filled)].flat() as (Tensor | null)[];
        return args
          .map((arg, index) => [arg, answers[index] ?? null] as const)
          .filter(([arg]) => arg instanceof Tensor)
          .map(([, g]) => g);
      },
      inputs,
    );
    outputs.forEach((output) => fn.outputs.push({ shape: output.shape, dtype: output.dtype }));
    const taped = outputs.map((output, index) =>
      Tensor.of(output.node === output.node.root ? output.node : copyNode(output.node), { fn, index }),
    );
    return (Array.isArray(result) ? taped : taped[0]) as R;
  }
}
