// Reads Python's pickles as far as state dicts need them: numbers, text, lists, dicts, and calls of the few names that a
// caller knows. Executes nothing: a name that is not known, or an operation that such files do not have, is refused.
// https://docs.python.org/3/library/pickletools.html

import { ArgumentError } from '../errors.ts';

/** A value of a pickle. Dicts are maps, because their keys can be of any kind. */
export type Pickled = unknown;

/** What a name of Python stands for: a function of arguments, or a constant. */
export interface Global {
  readonly name: string;
  readonly call?: (...args: Pickled[]) => Pickled;
}

/** A tuple: a list that cannot grow. */
export class Tuple {
  readonly items: readonly Pickled[];

  constructor(items: readonly Pickled[]) {
    this.items = items;
  }
}

const mark = Symbol('mark');

/** The value of a pickle. `find` knows the names; `persistent` gives what an id outside of the pickle stands for. */
export function unpickle(
  bytes: Uint8Array,
  op: string,
  find: (name: string) => Global | undefined,
  persistent: (id: Pickled) => Pickled,
): Pickled {
  const fault = (fact: string, rule = 'the file is damaged, or no file of tensors'): ArgumentError =>
    new ArgumentError({ op, fact, rule });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const memo = new Map<number, Pickled>();
  const stack: Pickled[] = [];
  let at = 0;

  const skip = (count: number): number => {
    const before = at;
    at += count;
    if (at > bytes.length) throw fault('a pickle that ends early');
    return before;
  };
  const byte = (): number => view.getUint8(skip(1));
  const short = (): number => view.getUint16(skip(2), true);
  const word = (): number => view.getUint32(skip(4), true);
  const text = (length: number): string => {
    const start = skip(length);
    return decoder.decode(bytes.subarray(start, at));
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw fault('a pickle that ends early');
    const found = decoder.decode(bytes.subarray(at, end));
    at = end + 1;
    return found;
  };
  /** An integer of `length` bytes, in two's complement. */
  const long = (length: number): number => {
    const start = skip(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[start + index]);
    if (length > 0 && bytes[at - 1] >= 128) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw fault(`the integer ${value}`, 'JavaScript numbers hold integers up to 2^53');
  };
  const pop = (): Pickled => {
    if (stack.length === 0) throw fault('a pickle that takes more than it made');
    return stack.pop();
  };
  const popMark = (): Pickled[] => {
    const begin = stack.lastIndexOf(mark);
    if (begin < 0) throw fault('a pickle without the begin of a list');
    return stack.splice(begin).slice(1);
  };
  const top = (): Pickled => stack[stack.length - 1];
  const fill = (items: readonly Pickled[]): void => {
    const dict = top();
    if (!(dict instanceof Map)) throw fault('entries for what is no dict');
    for (let index = 0; index < items.length; index += 2) dict.set(items[index], items[index + 1]);
  };
  const extend = (items: readonly Pickled[]): void => {
    const list = top();
    if (!Array.isArray(list)) throw fault('entries for what is no list');
    for (const item of items) list.push(item);
  };
  const call = (): void => {
    const [args, target] = [pop(), pop()] as [Tuple, Global];
    if (!(args instanceof Tuple) || typeof target?.call !== 'function') {
      throw fault(`a call of ${target?.name ?? 'a value'}`, 'only the making of tensors is known');
    }
    stack.push(target.call(...args.items));
  };

  const operations: Readonly<Record<string, () => void>> = {
    '(': () => void stack.push(mark),
    ')': () => void stack.push(new Tuple([])),
    t: () => void stack.push(new Tuple(popMark())),
    '\x85': () => void stack.push(new Tuple([pop()])),
    '\x86': () => void stack.push(new Tuple(stack.splice(-2))),
    '\x87': () => void stack.push(new Tuple(stack.splice(-3))),
    ']': () => void stack.push([]),
    l: () => void stack.push(popMark()),
    a: () => extend([pop()]),
    e: () => extend(popMark()),
    '}': () => void stack.push(new Map()),
    d: () => {
      const items = popMark();
      stack.push(new Map());
      fill(items);
    },
    s: () => fill([pop(), pop()].reverse()),
    u: () => fill(popMark()),
    N: () => void stack.push(null),
    '\x88': () => void stack.push(true),
    '\x89': () => void stack.push(false),
    J: () => void stack.push(view.getInt32(skip(4), true)),
    K: () => void stack.push(byte()),
    M: () => void stack.push(short()),
    '\x8a': () => void stack.push(long(byte())),
    '\x8b': () => void stack.push(long(word())),
    G: () => void stack.push(view.getFloat64(skip(8), false)),
    X: () => void stack.push(text(word())),
    '\x8c': () => void stack.push(text(byte())),
    U: () => void stack.push(text(byte())),
    T: () => void stack.push(text(word())),
    q: () => void memo.set(byte(), top()),
    r: () => void memo.set(word(), top()),
    '\x94': () => void memo.set(memo.size, top()),
    h: () => void stack.push(memo.get(byte())),
    j: () => void stack.push(memo.get(word())),
    '0': () => void pop(),
    c: () => {
      const name = `${line()}.${line()}`;
      const found = find(name);
      if (found === undefined)
        throw fault(`the pickle asks for ${name}`, 'only tensors, numbers, text, lists and dicts are read');
      stack.push(found);
    },
    R: call,
    '\x81': call,
    // What is set on an object besides its content: of an OrderedDict its _metadata, which says nothing about tensors.
    b: () => {
      pop();
      if (!(top() instanceof Map)) throw fault('a pickle that builds an object', 'only dicts have attributes');
    },
    Q: () => void stack.push(persistent(pop())),
    '\x80': () => void byte(),
    '\x95': () => void skip(8),
  };
  for (;;) {
    const code = String.fromCharCode(byte());
    if (code === '.') return pop();
    const run = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (run === undefined)
      throw fault(`operation 0x${code.charCodeAt(0).toString(16)} of a pickle`, 'files of tensors do not have it');
    run();
  }
}
