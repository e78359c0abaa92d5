// Every function of the package by its signature list: a value of the wrong kind, one too many, a missing one, an unknown
// option and PyTorch's snake_case spelling throw an ArgumentError that names the parameter. Knows no function by name.
import * as wgrad from '../../src/index.ts';
import { data, ones, WgradError } from '../../src/index.ts';
import { describe, type Param } from '../../src/core/signature.ts';
import { AssertionError, same } from '../support/expect.ts';
import { defineSuite } from '../support/suite.ts';

type Loose = ((...args: unknown[]) => unknown) & { readonly signature: readonly Param[] };

/** Where functions are looked for: `nn.functional` -> its exports. */
const spaces: Readonly<Record<string, object>> = {
  '': wgrad,
  nn: wgrad.nn,
  'nn.functional': wgrad.nn.functional,
  'nn.init': wgrad.nn.init,
  'nn.utils': wgrad.nn.utils,
  linalg: wgrad.linalg,
  special: wgrad.special,
  autograd: wgrad.autograd,
  data: wgrad.data,
};

// A browser and Node list the exports of a module in orders of their own.
const functions = Object.entries(spaces)
  .flatMap(([space, found]) =>
    Object.entries(found)
      .filter(([, value]) => typeof value === 'function' && 'signature' in value)
      .map(([name, value]) => ({ name: space === '' ? name : `${space}.${name}`, fn: value as Loose })),
  )
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Something of every kind, the first that a parameter accepts stands for a good value, the first that it refuses for a bad one. */
function candidates(): unknown[] {
  return [
    ones(2, 2),
    1,
    0.5,
    true,
    'mean',
    'float32',
    'cpu',
    [1],
    [ones(2, 2)],
    new Float32Array(2),
    (x: unknown) => x,
    new Map(),
    null,
  ];
}

function goodFor(parameter: Param): unknown {
  if (parameter.optional) return undefined;
  const found = candidates().find((value) => parameter.accepts(value));
  if (found === undefined) throw new AssertionError(`no candidate is ${parameter.kind}`);
  // A number in a variadic place would take those behind it along.
  return parameter.variadic && typeof found === 'number' ? [found] : found;
}

function badFor(parameter: Param): unknown {
  return [Symbol('bad'), 'nonsense', new Map()].find((value) => !parameter.accepts(value));
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof WgradError) return `${error.name} ${error.message}`;
    return `not a named error: ${String(error)}`;
  }
  return 'nothing was thrown';
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What the mistakes with one function are told, where that is not what it should be. */
function complaints(name: string, fn: Loose): string[] {
  const { signature } = fn;
  const found: string[] = [];
  const expectMessage = (label: string, args: readonly unknown[], wanted: string): void => {
    const message = messageOf(() => fn(...args));
    if (!message.startsWith('ArgumentError [') || !message.includes(wanted))
      found.push(`${name}, ${label}: ${message}, wanted ${wanted}`);
  };
  const goods = signature.map(goodFor);
  signature.forEach((parameter, at) => {
    const before = goods.slice(0, at);
    const bad = badFor(parameter);
    if (bad !== undefined) expectMessage('wrong kind', [...before, bad], `] ${parameter.name} is `);
    if (bad !== undefined) expectMessage('wrong kind', [...before, bad], `: it must be ${parameter.kind}`);
    if (!parameter.optional && !parameter.variadic) expectMessage('missing', before, `] ${parameter.name} is missing`);
  });
  expectMessage('too many', [...goods, 'extra'], `] ${goods.length + 1} arguments: at most ${goods.length}`);
  const needed = goods.slice(0, signature.findLastIndex(({ optional }) => !optional) + 1);
  expectMessage('unknown option', [...needed, { nonsense: 1 }], '] unknown option nonsense: the options are ');
  for (const { name: key } of signature.filter(({ optional }) => optional)) {
    if (snakeCase(key) !== key)
      expectMessage('snake_case', [...needed, { [snakeCase(key)]: 1 }], `Did you mean ${key}?`);
  }
  return found;
}

/** Functions without a list: they take a function, nothing, or any number of values of several kinds. */
const unsigned =
  'enableGrad noGrad compile explain profile tune init device slice manualSeed print isGradEnabled memory getDefaultDevice ' +
  'initialSeed index indexPut indexPut_ meshgrid isTensor save load broadcastShapes broadcastTensors atleast1d atleast2d atleast3d ' +
  'blockDiag cartesianProd';

const isClass = (value: object): boolean => String(value).startsWith('class');

export const suite = defineSuite('arguments', (test) => {
  test('a function without a list is one of few', () => {
    const found = Object.entries(wgrad).filter(
      ([, value]) => typeof value === 'function' && value.length > 0 && !('signature' in value) && !isClass(value),
    );
    same(
      found.map(([name]) => name).filter((name) => !unsigned.split(' ').includes(name)),
      [],
    );
  });

  test('they too throw named errors', async () => {
    const wrong: string[] = [];
    for (const name of unsigned.split(' ').filter((one) => !['print', 'tune', 'init', 'load'].includes(one))) {
      const fn = (wgrad as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
      for (const args of [[], [Symbol('bad')], ['nonsense', 'more']]) {
        try {
          await fn(...args);
        } catch (error) {
          if (!(error instanceof WgradError)) wrong.push(`${name}(${args.map(String).join(', ')}): ${String(error)}`);
        }
      }
    }
    same(wrong, []);
  });

  test('what data holds, with arguments of every kind: named errors, whatever is made is of use', async () => {
    const frame = data.readCsv('a,b\n1,x\n2,y\n');
    // A text is an address to readers: this one holds what it names.
    const text = 'data:,text';
    const bad = [undefined, null, -1, 2.5, text, Symbol('bad'), {}, [], [null], [ones(2), 3], new Map(), ones(2)];
    const wrong: string[] = [];
    const attempt = async (label: string, run: () => unknown): Promise<void> => {
      try {
        const made = await run();
        if (made instanceof data.Sampler && Symbol.iterator in made) for (const _ of made) break;
      } catch (error) {
        if (!(error instanceof WgradError)) wrong.push(`${label}: ${String(error)}`);
      }
    };
    const lists = [[], ...bad.map((one) => [one]), ...bad.flatMap((one) => bad.map((other) => [one, other]))];
    const inputs = [frame, ones(3), [1, 2, 3]];
    const calls = [...lists, ...inputs.flatMap((one) => bad.map((other) => [one, other]))];
    const say = (args: readonly unknown[]): string => args.map((one) => describe(one)).join(', ');
    const kinds = Object.entries(data).filter(([, value]) => typeof value === 'function');
    for (const [name, found] of kinds) {
      for (const args of calls) {
        await attempt(`${name}(${say(args)})`, () =>
          isClass(found)
            ? Reflect.construct(found as new () => unknown, args)
            : (found as unknown as (...all: unknown[]) => unknown)(...args),
        );
      }
    }
    for (const name of ['at', 'iat', 'iloc', 'head', 'fillna'] as const) {
      for (const args of lists) {
        const method = frame[name] as (...all: readonly unknown[]) => unknown;
        await attempt(`DataFrame.${name}(${say(args)})`, () => method.apply(frame, args));
      }
    }
    same(wrong, []);
  });

  test('there are functions to look at', () => same(functions.length > 250, true));
  for (const { name, fn } of functions) {
    test(name, () => {
      const found = complaints(name, fn);
      if (found.length > 0) throw new AssertionError(found.join('\n'));
    });
  }
});
