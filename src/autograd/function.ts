// Operations with gradients of the user's own: autograd.Function.

import { isFloat } from '../dtype.ts';
import { AutogradError, ShapeError } from '../errors.ts';
import type { Node } from '../core/graph.ts';
import { copyNode, fillNode, untaped } from '../ops/apply.ts';
import { formatShape, sameShape } from '../shape.ts';
import { asUser, isGradEnabled } from '../core/mode.ts';
import { show, type Edge, GradFn, Tensor } from '../core/tensor.ts';

/** What a custom function's forward and backward share. */
export class FunctionContext {
  /** Which inputs want a gradient. */
  needsInputGrad: readonly boolean[] = [];
  readonly [key: string]: unknown;
  private saved: readonly { readonly node: Node; readonly edge: Edge | null }[] = [];

  /** Keeps tensors for `backward`, as they are now. */
  saveForBackward(...tensors: Tensor[]): void {
    this.saved = tensors.map(({ node, edge }) => ({ node, edge }));
    for (const { node } of this.saved) node.root.saved++;
  }

  /** The tensors that were saved: later writes do not reach them. */
  get savedTensors(): readonly Tensor[] {
    return this.saved.map(({ node, edge }) => Tensor.at(node, edge));
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
        show(filled);
        const answers = [asUser(() => this.backward(context, ...filled))].flat() as (Tensor | null)[];
        checkAnswers(this.name, args, answers);
        return args
          .map((arg, index) => [arg, answers[index] ?? null] as const)
          .filter(([arg]) => arg instanceof Tensor)
          .map(([, g]) => g);
      },
      inputs,
    );
    outputs.forEach((output) => fn.outputs.push({ shape: output.shape, dtype: output.dtype }));
    const taped = outputs.map((output, index) =>
      Tensor.of(
        output.node === output.node.root ? output.node : copyNode(output.node),
        isFloat(output.dtype) ? { fn, index } : null,
      ),
    );
    return (Array.isArray(result) ? taped : taped[0]) as R;
  }
}

/** Throws unless there is a gradient (or null) for each argument, of its shape. */
function checkAnswers(op: string, args: readonly unknown[], answers: readonly (Tensor | null)[]): void {
  if (answers.length !== args.length) {
    throw new AutogradError({
      op,
      fact: `backward returned ${answers.length} gradients for ${args.length} arguments`,
      rule: 'one for each is needed, null for what takes none',
    });
  }
  args.forEach((arg, index) => {
    const answer = answers[index];
    if (!(arg instanceof Tensor) || answer === null || sameShape(answer.shape, arg.shape)) return;
    throw new ShapeError({
      op,
      fact: `backward returned ${formatShape(answer.shape)} for argument ${index} of shape ${formatShape(arg.shape)}`,
      rule: 'a gradient has the shape of its argument',
    });
  });
}
