// Writes Python's pickles, protocol 2, as far as state dicts need them: numbers, text, lists, tuples, dicts, calls of names.
// Knows no tensor. https://docs.python.org/3/library/pickletools.html

/** The bytes of a pickle as it grows. */
export class PickleWriter {
  private bytes = new Uint8Array(1024);
  private length = 0;

  constructor() {
    this.put(0x80, 2);
  }

  private room(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return start;
  }

  private append(values: ArrayLike<number>): void {
    // First the room, for it may move the bytes.
    const start = this.room(values.length);
    this.bytes.set(values, start);
  }

  private put(...values: readonly number[]): void {
    this.append(values);
  }

  private code(letter: string): void {
    this.put(letter.charCodeAt(0));
  }

  private view(count: number): DataView {
    const start = this.room(count);
    return new DataView(this.bytes.buffer, start, count);
  }

  /** None, or a boolean. */
  constant(value: boolean | null): void {
    if (value === null) this.code('N');
    else this.put(value ? 0x88 : 0x89);
  }

  /** A whole number as an int, any other as a float. */
  number(given: number | bigint): void {
    const value = Number(given);
    if (!Number.isInteger(value) || Object.is(value, -0)) {
      this.code('G');
      this.view(8).setFloat64(0, value, false);
    } else if (value >= 0 && value < 256) this.put(0x4b, value);
    else if (value === (value | 0)) {
      this.code('J');
      this.view(4).setInt32(0, value, true);
    } else this.long(BigInt(given));
  }

  /** An int beyond 32 bits: as few bytes as hold its two's complement. */
  private long(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    do {
      bytes.push(Number(rest & 255n));
      rest >>= 8n;
    } while (!((rest === 0n && bytes[bytes.length - 1] < 128) || (rest === -1n && bytes[bytes.length - 1] >= 128)));
    this.put(0x8a, bytes.length, ...bytes);
  }

  text(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.code('X');
    this.view(4).setUint32(0, encoded.length, true);
    this.append(encoded);
  }

  /** A tuple of what `items` writes. */
  tuple(items: () => void): void {
    this.code('(');
    items();
    this.code('t');
  }

  list(items: () => void): void {
    this.code(']');
    this.code('(');
    items();
    this.code('e');
  }

  /** A dict of what `entries` writes: key, value, key, value .. */
  dict(entries: () => void): void {
    this.code('}');
    this.code('(');
    entries();
    this.code('u');
  }

  /** The call of `module.name` with what `args` writes. */
  call(module: string, name: string, args: () => void): void {
    this.name(module, name);
    this.tuple(args);
    this.code('R');
  }

  name(module: string, name: string): void {
    this.code('c');
    const encoded = new TextEncoder().encode(`${module}\n${name}\n`);
    this.append(encoded);
  }

  /** What stands outside of the pickle under the id that `id` writes. */
  persistent(id: () => void): void {
    id();
    this.code('Q');
  }

  finish(): Uint8Array {
    this.code('.');
    return this.bytes.subarray(0, this.length);
  }
}
