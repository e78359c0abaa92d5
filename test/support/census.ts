// Counts what the functions of the package are made of: the kinds of nodes that their results stand on.
import type { Tensor } from '../../src/index.ts';
import type { Node } from '../../src/core/graph.ts';

/** The operations that were met, by kind and name. */
export class Census {
  private readonly seen = new Set<Node>();
  private readonly names = new Map<string, Set<string>>();

  /** Adds all that a tensor would be computed from. */
  add(tensor: Tensor): void {
    const stack: Node[] = [tensor.node];
    while (stack.length > 0) {
      const node = stack.pop() as Node;
      if (this.seen.has(node)) continue;
      this.seen.add(node);
      const { kind, name } = node.op;
      if (!this.names.has(kind)) this.names.set(kind, new Set());
      this.names.get(kind)!.add(name);
      stack.push(...node.inputs);
    }
  }

  /** The names of a kind. */
  of(kind: 'pointwise' | 'view'): string[] {
    return [...(this.names.get(kind) ?? [])];
  }
}
