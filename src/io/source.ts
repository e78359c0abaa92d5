// Where files come from: bytes, what a user picked, or an address. Knows no format.

import { ArgumentError } from '../errors.ts';
import { describe } from '../core/signature.ts';

/** Bytes, a file that the user picked, an answer of fetch, or an address (text is an address). */
export type Source = ArrayBuffer | ArrayBufferView | Blob | Response | URL | string;

/** Whether a value is a source; text counts only where a function takes addresses as text. */
export function isSource(value: unknown): value is Source {
  if (typeof value === 'string' || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return true;
  return value instanceof URL || value instanceof Blob || value instanceof Response;
}

/** The bytes of a source. */
export async function bytesOf(source: Source | Promise<Source>, op: string): Promise<Uint8Array<ArrayBuffer>> {
  const given = await source;
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (ArrayBuffer.isView(given)) {
    const { buffer, byteOffset, byteLength } = given;
    return buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer, byteOffset, byteLength)
      : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (given instanceof Blob) return new Uint8Array(await given.arrayBuffer());
  if (given instanceof Response) return new Uint8Array(await answered(given, given.url, op).arrayBuffer());
  if (typeof given === 'string' || given instanceof URL) {
    const address = String(given);
    let response: Response;
    try {
      response = await fetch(address);
    } catch (cause) {
      throw new ArgumentError(
        {
          op,
          fact: `'${address}' cannot be fetched`,
          rule: 'text is the address of a file',
          cure: 'In Node, read files first: (await import("node:fs/promises")).readFile(path).',
        },
        { cause },
      );
    }
    return new Uint8Array(await answered(response, address, op).arrayBuffer());
  }
  throw new ArgumentError({
    op,
    fact: `the source is ${describe(given)}`,
    rule: 'it must be bytes, a File or Blob, a Response or an address',
  });
}

function answered(response: Response, address: string, op: string): Response {
  if (response.ok) return response;
  throw new ArgumentError({
    op,
    fact: `'${address}' answers ${response.status} ${response.statusText}`.trim(),
    rule: 'the file must be there',
  });
}

/** The bytes without gzip, where they begin as a gzip file does. https://www.rfc-editor.org/rfc/rfc1952 */
export async function unzipped(bytes: Uint8Array<ArrayBuffer>, op: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new ArgumentError(
      { op, fact: 'gzip data that ends early or is damaged', rule: 'it cannot be unpacked' },
      { cause },
    );
  }
}
