import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll } from 'vitest';

/** A folder for one test file, removed after it; writes files into it. */
export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-own-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: Uint8Array | string) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  return { folder, write };
}

/** A PNG whose pixels are a function of their place: one, three or four channels of 8 bits. */
export function png(
  height: number,
  width: number,
  pixel: (y: number, x: number) => readonly number[],
): Uint8Array {
  const values = Array.from({ length: height * width }, (_, at) => pixel(Math.floor(at / width), at % width));
  const channels = values[0]!.length;
  return encode({ width, height, channels, depth: 8, data: Uint8Array.from(values.flat()) } as Parameters<
    typeof encode
  >[0]);
}

/** The bytes of a NumPy file, by its published format. */
export function npy(descr: string, shape: readonly number[], data: NodeJS.TypedArray): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join(' ')}), }`;
  const text = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([
    start,
    Buffer.from(text),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}
