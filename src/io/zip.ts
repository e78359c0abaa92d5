// Zip archives whose files are stored as they are: written with every file at a multiple of 64 bytes, as PyTorch lays its
// archives, and read by the central directory. Knows bytes alone.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import { ArgumentError } from '../errors.ts';

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfCentral = 0x06054b50;
/** Files begin at multiples of this, so that they can be mapped as arrays. */
const alignment = 64;
/** The extra field that fills up to the alignment; its name is free. */
const padding = 0x4246;
/** 1980-01-01, the first day that zip knows. */
const date = 0x21;
/** Names are UTF-8. */
const utf8 = 0x0800;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** The CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) sum = table[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** An archive of files by name. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const entries = [...files].map(([name, bytes]) => ({ name: encoder.encode(name), bytes, crc: crc32(bytes) }));
  let end = 0;
  const placed = entries.map((entry) => {
    const header = end;
    const begin = header + 30 + entry.name.length;
    // An extra field is 4 bytes at least.
    const extra = 4 + ((alignment - ((begin + 4) % alignment)) % alignment);
    end = begin + extra + entry.bytes.length;
    return { ...entry, header, extra };
  });
  const directory = end;
  const directorySize = placed.reduce((sum, { name }) => sum + 46 + name.length, 0);
  if (directory + directorySize > 0xffffffff || placed.length > 0xffff) {
    throw new ArgumentError({ op: 'save', fact: `${directory} bytes`, rule: 'an archive holds less than 4 GiB' });
  }
  const out = new Uint8Array(directory + directorySize + 22);
  const view = new DataView(out.buffer);
  const put16 = (at: number, ...values: readonly number[]) =>
    values.forEach((value, index) => view.setUint16(at + 2 * index, value, true));
  const put32 = (at: number, ...values: readonly number[]) =>
    values.forEach((value, index) => view.setUint32(at + 4 * index, value, true));
  let central = directory;
  for (const { name, bytes, crc, header, extra } of placed) {
    put32(header, localHeader);
    put16(header + 4, 0, utf8, 0, 0, date);
    put32(header + 14, crc, bytes.length, bytes.length);
    put16(header + 26, name.length, extra);
    out.set(name, header + 30);
    put16(header + 30 + name.length, padding, extra - 4);
    out.set(bytes, header + 30 + name.length + extra);

    put32(central, centralHeader);
    put16(central + 4, 0, 0, utf8, 0, 0, date);
    put32(central + 16, crc, bytes.length, bytes.length);
    put16(central + 28, name.length, 0, 0, 0, 0);
    put32(central + 38, 0, header);
    out.set(name, central + 46);
    central += 46 + name.length;
  }
  put32(central, endOfCentral);
  put16(central + 4, 0, 0, placed.length, placed.length);
  put32(central + 12, directorySize, directory);
  return out;
}

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 22 && viewOf(bytes).getUint32(0, true) === localHeader;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The files of an archive by name: views of its bytes. `op` names who reads in messages. */
export function readZip(bytes: Uint8Array, op: string): Map<string, Uint8Array> {
  const fault = (fact: string, rule = 'the archive is damaged or cut off'): ArgumentError =>
    new ArgumentError({ op, fact, rule });
  const view = viewOf(bytes);
  // Behind the end record there can be a comment of up to 65,535 bytes.
  let end = bytes.length - 22;
  const last = Math.max(0, end - 0xffff);
  while (end >= last && view.getUint32(end, true) !== endOfCentral) end--;
  if (end < last) throw fault('no directory at the end of the archive');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (at === 0xffffffff) throw fault('an archive of 4 GiB or more', 'these are not read');
  const decoder = new TextDecoder();
  const files = new Map<string, Uint8Array>();
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== centralHeader) throw fault(`entry ${index} is no entry`);
    const method = view.getUint16(at + 10, true);
    const [crc, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true));
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const header = view.getUint32(at + 42, true);
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + extra + comment;
    if (method !== 0 || packed !== size) throw fault(`'${name}' is compressed`, 'PyTorch stores its files as they are');
    if (header + 30 > bytes.length || view.getUint32(header, true) !== localHeader)
      throw fault(`'${name}' is not there`);
    const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    const data = bytes.subarray(start, start + size);
    if (data.length !== size) throw fault(`'${name}' ends early`);
    // PyTorch leaves the sum of its large records out in some versions: 0 says nothing.
    if (crc !== 0 && crc32(data) !== crc) throw fault(`the check sum of '${name}' does not fit`);
    files.set(name, data);
  }
  return files;
}
