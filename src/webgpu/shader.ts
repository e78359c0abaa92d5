// Putting shader programs together: a template of shaders/, text for its hooks, and the functions of the prelude that the
// text uses. Knows WGSL only as text.

import bessel from '../../shaders/prelude/bessel.wgsl?raw';
import bits from '../../shaders/prelude/bits.wgsl?raw';
import errorAndGamma from '../../shaders/prelude/error-and-gamma.wgsl?raw';
import exponential from '../../shaders/prelude/exponential.wgsl?raw';
import gamma from '../../shaders/prelude/gamma.wgsl?raw';
import hyperbolic from '../../shaders/prelude/hyperbolic.wgsl?raw';
import integers from '../../shaders/prelude/integers.wgsl?raw';
import normal from '../../shaders/prelude/normal.wgsl?raw';
import polynomials from '../../shaders/prelude/polynomials.wgsl?raw';
import random from '../../shaders/prelude/random.wgsl?raw';
import rounding from '../../shaders/prelude/rounding.wgsl?raw';
import trigonometric from '../../shaders/prelude/trigonometric.wgsl?raw';

const preludeText = [
  bits,
  exponential,
  hyperbolic,
  trigonometric,
  rounding,
  errorAndGamma,
  integers,
  random,
  normal,
  bessel,
  gamma,
  polynomials,
].join('\n');

/** A declaration in a text: its name, where it begins, and the place behind its last sign. */
interface Declaration {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The functions (up to their closing brace) and constants (up to their semicolon) of the prelude that a text declares. */
export function preludeDeclarations(text: string): Declaration[] {
  return [...text.matchAll(/^(?:fn|const)\s+(wg_\w+)/gm)].map((match) => {
    const isFunction = match[0].startsWith('fn');
    let end = match.index;
    for (let depth = 0; end < text.length; end++) {
      const sign = text[end];
      if (sign === '{') depth++;
      else if (sign === '}' && --depth === 0) break;
      else if (sign === ';' && depth === 0 && !isFunction) break;
    }
    return { name: match[1], start: match.index, end: end + 1 };
  });
}

export const withoutComments = (text: string): string => text.replace(/\/\/[^\n]*/g, '');

let declarations: Map<string, string> | null = null;

/** The text of the prelude's declarations, by name. */
function prelude(): Map<string, string> {
  if (declarations !== null) return declarations;
  const text = withoutComments(preludeText);
  const found = preludeDeclarations(text).map(({ name, start, end }) => [name, text.slice(start, end)] as const);
  declarations = new Map(found);
  return declarations;
}

/** The prelude's declarations that `text` needs, directly or through others. */
export function preludeFor(text: string): string {
  const known = prelude();
  const needed = new Set<string>();
  const stack = [text];
  while (stack.length > 0) {
    for (const [name] of (stack.pop() as string).matchAll(/\bwg_\w+/g)) {
      const declaration = known.get(name);
      if (needed.has(name) || declaration === undefined) continue;
      needed.add(name);
      stack.push(declaration);
    }
  }
  return [...known]
    .filter(([name]) => needed.has(name))
    .map(([, declaration]) => declaration)
    .join('\n');
}

/** `template` with the text between `// #hook NAME` and `// #end` replaced, and with what it needs of the prelude. */
export function assemble(template: string, hooks: Readonly<Record<string, string>> = {}): string {
  const used = new Set<string>();
  const body = template.replace(
    /([ \t]*)\/\/ #hook (\w+)\n([\s\S]*?)[ \t]*\/\/ #end\n?/g,
    (_, indent: string, name: string, plain: string) => {
      used.add(name);
      const text = hooks[name];
      if (text === undefined) return plain;
      return text === ''
        ? ''
        : `${text
            .split('\n')
            .map((line) => `${indent}${line}`)
            .join('\n')}\n`;
    },
  );
  for (const name of Object.keys(hooks)) if (!used.has(name)) throw new Error(`the template has no hook ${name}`);
  const declarations = preludeFor(body);
  return declarations === '' ? body : `${declarations}\n${body}`;
}
