import { createHash } from 'node:crypto';
import {
  mkdirSync,
  openSync,
  closeSync,
  fsyncSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { OnlineStore } from './features.ts';
import { CATEGORIES, DEVICES } from './request.ts';

/**
 * One file, so that the tables in it always belong together. Numbers are little-endian, 4 bytes each:
 *
 *   0  magic "RSFEAT01"      16  categories     32  SHA-256 of the header so far and of all that follows
 *   8  (zero)                20  devices        64  clicks, items × u32
 *  12  items                 24  hours              impressions, items × u32
 *                            28  (zero)             demand by device, devices × categories × f32
 *                                                   demand by hour, hours × categories × f32
 */
export const TABLES_FILE = 'features.bin';
const MAGIC = 'RSFEAT01';
const CHECKSUM_AT = 32;
const BODY_AT = 64;
const HOURS = 24;

/** Writes the tables into `folder`, which is made; readers see the old file or the new one, never a part. */
export function writeFeatureTables(folder: string, store: OnlineStore): { bytes: number } {
  const file = encodeFeatureTables(store);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, TABLES_FILE);
  const partial = `${path}.${process.pid}.partial`;
  try {
    const descriptor = openSync(partial, 'w');
    try {
      writeFileSync(descriptor, file);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  return { bytes: file.length };
}

/** The bytes of the file: the same for the same tables, on every machine. */
export function encodeFeatureTables(store: OnlineStore): Buffer {
  const header = Buffer.alloc(BODY_AT);
  header.write(MAGIC, 'latin1');
  for (const [at, value] of headerNumbers(store.clicks.length)) header.writeUInt32LE(value, at);
  const columns = [store.clicks, store.impressions, store.demandByDevice, store.demandByHour];
  const file = Buffer.concat([header, ...columns.map(toLittleEndian)]);
  checksumOf(file).copy(file, CHECKSUM_AT);
  return file;
}

/**
 * Reads the tables of a folder for a catalogue of `itemCount` items.
 * @throws Error that names the file, what was expected and what was found
 */
export function readFeatureTables(folder: string, itemCount: number): OnlineStore {
  const path = join(folder, TABLES_FILE);
  return decodeFeatureTables(readFileSync(path), itemCount, path);
}

/** @throws Error that begins with `name` */
export function decodeFeatureTables(file: Buffer, itemCount: number, name: string): OnlineStore {
  if (file.length < BODY_AT || file.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new Error(`${name}: expected feature tables that begin with ${MAGIC}, found another file`);
  }
  if (!checksumOf(file).equals(file.subarray(CHECKSUM_AT, BODY_AT))) {
    throw new Error(`${name}: expected bytes that fit their checksum, found others; build the tables anew`);
  }
  for (const [at, value, what] of headerNumbers(itemCount)) {
    const found = file.readUInt32LE(at);
    if (found !== value) throw new Error(`${name}: expected tables for ${value} ${what}, found ${found}`);
  }
  const lengths = [itemCount, itemCount, DEVICES.length * CATEGORIES, HOURS * CATEGORIES];
  const expected = BODY_AT + 4 * lengths.reduce((sum, length) => sum + length, 0);
  if (file.length !== expected) {
    throw new Error(`${name}: expected ${expected} bytes, found ${file.length}`);
  }
  const columns = lengths.map((length, index) => {
    const start = BODY_AT + 4 * lengths.slice(0, index).reduce((sum, before) => sum + before, 0);
    return fromLittleEndian(file.subarray(start, start + 4 * length));
  });
  const [clicks, impressions, demandByDevice, demandByHour] = columns as [Buffer, Buffer, Buffer, Buffer];
  return {
    clicks: new Uint32Array(clicks.buffer),
    impressions: new Uint32Array(impressions.buffer),
    demandByDevice: new Float32Array(demandByDevice.buffer),
    demandByHour: new Float32Array(demandByHour.buffer),
  };
}

function headerNumbers(itemCount: number): [at: number, value: number, what: string][] {
  return [
    [12, itemCount, 'items'],
    [16, CATEGORIES, 'categories'],
    [20, DEVICES.length, 'devices'],
    [24, HOURS, 'hours'],
  ];
}

function checksumOf(file: Buffer): Buffer {
  return createHash('sha256').update(file.subarray(0, CHECKSUM_AT)).update(file.subarray(BODY_AT)).digest();
}

function toLittleEndian(column: Uint32Array | Float32Array): Buffer {
  const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

/** A copy whose buffer begins with it, as typed arrays want it. */
function fromLittleEndian(bytes: Buffer): Buffer<ArrayBuffer> {
  const copy = Buffer.from(new ArrayBuffer(bytes.length));
  bytes.copy(copy);
  return endianness() === 'LE' ? copy : copy.swap32();
}
