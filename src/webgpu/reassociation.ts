// Which values of a kernel compilers must not see through. WGSL lets a compiler reassociate floats, and compilers do:
// SPIRV-Tools, inside SwiftShader, makes x of (x - y) + y, of (x y) / y and of (x / y) y, and x (y + z) of x y + x z, also
// where y is infinite or so large that x is rounded away. PyTorch rounds after every operation. Pure.

import { isFloat } from '../dtype.ts';
import type { Node } from '../core/graph.ts';
import { reduceAttrs } from './domain.ts';
import { formulaText } from './formulas.ts';

/** `sum`: adds or subtracts; `product`: multiplies or divides. */
type Arithmetic = 'sum' | 'product';

interface Traits {
  /** What the formula does to its inputs. */
  readonly takes: readonly Arithmetic[];
  /** What its result is to a compiler that looks for something to join; null where it ends in something else. */
  readonly gives: Arithmetic | null;
  readonly divides: boolean;
  /** A change of sign, through which compilers look. */
  readonly signs: boolean;
  /** It has a number in its text. */
  readonly counts: boolean;
}

/** A sum or product, written out: what is added up or multiplied, as far as no settled value stands between. */
interface Chain {
  readonly kind: Arithmetic;
  /** Nodes in memory or of another kind; all numbers of the user's count as one, for they may be joined. */
  readonly atoms: ReadonlySet<Node | 'number'>;
  readonly divides: boolean;
}

/** Longer chains are settled: looking for common atoms would take time that grows with the square of their length. */
const longestChain = 16;
const none: Traits = { takes: [], gives: null, divides: false, signs: false, counts: false };
const known = new Map<string, Traits>();

function traitsOf(node: Node): Traits {
  if (node.op.kind !== 'pointwise' || !isFloat(node.dtype)) return none;
  const text = formulaText(node.op, node);
  let traits = known.get(text);
  if (traits === undefined) {
    const kind = (operator: string): Arithmetic => (operator === '+' || operator === '-' ? 'sum' : 'product');
    const takes = [...text.matchAll(/ ([-+*/]) /g)].map(([, operator]) => kind(operator));
    const first = /^[\w.]+ ([-+*/]) /.exec(text);
    traits = {
      takes: [...new Set(takes)],
      gives: first === null ? null : kind(first[1]),
      divides: text.includes(' / '),
      signs: text === '-a',
      counts: /\d/.test(text),
    };
    known.set(text, traits);
  }
  return traits;
}

/**
 * The nodes among `nodes` (in program order) whose values are to be settled (`wg_settle`): a sum that is added to something
 * it has an addend in common with, the like for products that are divided, and products with a common factor that are
 * added up.
 */
export function settledOf(nodes: readonly Node[]): ReadonlySet<Node> {
  const chains = new Map<Node, Chain>();
  const settled = new Set<Node>();
  /** What an input brings to a sum or product. */
  const chainOf = (input: Node, kind: Arithmetic): Chain => {
    const { root } = input;
    const chain = chains.get(root);
    if (chain?.kind === kind && !settled.has(root)) return chain;
    return { kind, atoms: new Set([root.op.kind === 'scalar' ? 'number' : root]), divides: false };
  };
  for (const node of nodes) {
    if (reduceAttrs(node)?.fn === 'sum' && isSpread(node.inputs[0].root, chains)) settled.add(node.inputs[0].root);
    const traits = traitsOf(node);
    for (const kind of traits.takes) {
      const divides = traits.divides || node.inputs.some((input) => chainOf(input, kind).divides);
      node.inputs.forEach(({ root }, at) => {
        if (chains.get(root)?.kind !== kind || settled.has(root)) return;
        const own = chainOf(root, kind).atoms;
        const others = new Set<Node | 'number'>(traits.counts ? ['number'] : []);
        node.inputs.forEach((other, index) => {
          if (index === at) return;
          for (const atom of chainOf(other, kind).atoms) others.add(atom);
          if (other.root.op.kind !== 'scalar') others.add(other.root);
        });
        const joins = (atom: Node | 'number') => others.has(atom) && (atom === 'number' || kind === 'sum' || divides);
        if (own.size > longestChain || [...own].some(joins)) settled.add(root);
      });
    }
    if (traits.takes.includes('sum')) settleFactors(node, chains, settled);
    const kind = traits.signs ? chains.get(node.inputs[0].root)?.kind : traits.gives;
    if (kind === undefined || kind === null) continue;
    const parts = node.inputs.map((input) => chainOf(input, kind));
    const atoms = new Set(parts.flatMap((part) => [...part.atoms]));
    if (traits.counts) atoms.add('number');
    chains.set(node, { kind, atoms, divides: traits.divides || parts.some((part) => part.divides) });
  }
  return settled;
}

/** Of two products that are added up and have a factor in common, one is settled. */
function settleFactors(node: Node, chains: ReadonlyMap<Node, Chain>, settled: Set<Node>): void {
  const products = node.inputs.map(({ root }) => root).filter((root) => chains.get(root)?.kind === 'product');
  if (products.length < 2 || products.some((product) => settled.has(product))) return;
  const factors = products.map((product) => new Set(product.inputs.map((input) => input.root)));
  if ([...factors[0]].some((factor) => factors.some((other, at) => at > 0 && other.has(factor))))
    settled.add(products[0]);
}

/** Whether neighbouring elements of a product share a factor: a number, or a value that is spread over the shape. */
function isSpread(node: Node, chains: ReadonlyMap<Node, Chain>): boolean {
  if (chains.get(node)?.kind !== 'product') return false;
  if (traitsOf(node).signs) return isSpread(node.inputs[0].root, chains);
  return node.inputs.some((input) => {
    if (input.root.op.kind === 'scalar') return true;
    const missing = node.shape.length - input.shape.length;
    return node.shape.some((size, dim) => {
      const at = dim - missing;
      return size > 1 && (at < 0 || input.shape[at] === 1 || input.strides[at] === 0);
    });
  });
}
