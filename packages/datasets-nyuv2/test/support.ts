import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { NyuExample } from '../src/index';

/** Matches an error by its code. */
export const code = (expected: string) => expect.objectContaining({ code: expected });

/** An empty folder that is removed after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-nyuv2-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The numbers in [0, 1) of `make-fixtures.py`. */
export function noise(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let word = (Math.imul(i, 2654435761) + seed * 40503 + 12345) >>> 0;
    word = Math.imul(word ^ (word >>> 15), 2246822519) >>> 0;
    word = Math.imul(word ^ (word >>> 13), 3266489917) >>> 0;
    return (word >>> 8) / 2 ** 24;
  });
}

/** The example of `make-fixtures.py`, with invalid pixels in blocks. */
export function noisyExample(height: number, width: number, seed: number): NyuExample {
  const pixels = height * width;
  const segmentation = Int8Array.from(
    noise(pixels, seed + 1),
    (value) => Math.floor(Math.fround(value * 14)) - 1,
  );
  const depth = noise(pixels, seed + 2).map((value) => Math.fround(value * 8) + 0.5);
  const normals = noise(3 * pixels, seed + 3).map((value) => value - 0.5);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if ((Math.floor(y / 3) + Math.floor(x / 5)) % 4 === 0) depth[at] = 0;
      if ((Math.floor(y / 4) + Math.floor(x / 3)) % 3 === 0) normals.fill(0, 3 * at, 3 * at + 3);
    }
  }
  return { height, width, image: noise(3 * pixels, seed), segmentation, depth, normals };
}

const descriptions = new Map<unknown, string>([
  [Uint8Array, '|u1'],
  [Int8Array, '|i1'],
  [Int32Array, '<i4'],
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
]);

/** A NumPy file of version 1 in C order. */
export function npyFile(
  shape: readonly number[],
  data: Uint8Array | Int8Array | Int32Array | Float32Array | Float64Array,
): Buffer {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descriptions.get(data.constructor)}', 'fortran_order': False, 'shape': ${shapeText}, }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  const head = Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]),
    length,
    Buffer.from(padded),
  ]);
  return Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** The files of one noisy scene in the pre-processed layout, by folder: floats as published. */
export function sceneFiles(
  seed: number,
  height = 6,
  width = 8,
): Record<'image' | 'label' | 'depth' | 'normal', Buffer> {
  const { image, segmentation, depth, normals } = noisyExample(height, width, seed);
  return {
    image: npyFile([height, width, 3], Float64Array.from(image)),
    label: npyFile([height, width], Float32Array.from(segmentation)),
    depth: npyFile([height, width, 1], Float64Array.from(depth)),
    normal: npyFile([height, width, 3], normals),
  };
}

/** All files of a small dataset: seeds 100 on for train, 200 on for test; names from the layout's root. */
export function layout(train = 3, test = 2): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [split, count, first] of [
    ['train', train, 100],
    ['val', test, 200],
  ] as const) {
    for (let index = 0; index < count; index++) {
      for (const [part, bytes] of Object.entries(sceneFiles(first + 10 * index))) {
        files.set(`${split}/${part}/${index}.npy`, bytes);
      }
    }
  }
  return files;
}

/** Writes files under `<folder>/nyuv2`; returns the folder, for `--data-dir`. */
export async function dataFolder(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const dataDir = await emptyFolder();
  for (const [name, bytes] of files) {
    const path = join(dataDir, 'nyuv2', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return dataDir;
}

/** Options for the small dataset as it is. */
export const small = { size: [6, 8], scenes: { train: 3, test: 2 }, threads: 0 };

/** Normals brought to unit length; those that are all 0 stay so. */
export function unitLength(normals: ArrayLike<number>): Float32Array {
  return Float32Array.from(normals, (value, i) => {
    const at = i - (i % 3);
    return value / (Math.hypot(normals[at]!, normals[at + 1]!, normals[at + 2]!) || 1);
  });
}

/** Largest difference of two arrays of equal length. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
