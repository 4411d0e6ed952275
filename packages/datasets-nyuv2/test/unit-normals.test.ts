import { keyFromSeed, randomNormal } from '@overparam/engine';
import { parseOptions } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import { type NyuExample, nyuv2, nyuv2Sample } from '../src/index';
import { encodeRecord, type RecordFormat } from '../src/record';
import type { Scene } from '../src/scene';
import { openStore } from '../src/store';
import { dataFolder, layout, npyFile, small, unitLength } from './support';

const degrees = 180 / Math.PI;
const size = { height: 40, width: 50 };
const pixels = size.height * size.width;

/** Random unit vectors; every seventh is not known. */
const directions = unitLength(
  randomNormal(keyFromSeed(4), 3 * pixels).map((value, i) => (Math.floor(i / 3) % 7 === 0 ? 0 : value)),
);

/** What normals score as a prediction of themselves: as metrics have it, the label taken as it is. */
function selfScore(normals: Float32Array): {
  known: number;
  mean: number;
  longest: number;
  shortest: number;
} {
  const lengths: number[] = [];
  let sum = 0;
  for (let i = 0; i < normals.length; i += 3) {
    const [x, y, z] = normals.subarray(i, i + 3) as unknown as [number, number, number];
    const length = Math.sqrt(x * x + y * y + z * z);
    if (length === 0) continue;
    lengths.push(length);
    sum += Math.acos(Math.min(1, (x * x + y * y + z * z) / length)) * degrees;
  }
  const [longest, shortest] = [Math.max(...lengths), Math.min(...lengths)];
  return { known: lengths.length, mean: sum / lengths.length, longest, shortest };
}

function expectUnit(normals: Float32Array, known?: number): void {
  const score = selfScore(normals);
  expect(score.mean).toBeLessThan(0.01);
  expect(score.longest).toBeLessThan(1 + 1e-6);
  expect(score.shortest).toBeGreaterThan(1 - 1e-6);
  if (known !== undefined) expect(score.known).toBe(known);
}

describe('normals stored in few bits are read as unit vectors', () => {
  test.each([
    ['i8', 0.4],
    ['f16', 0.03],
  ] as const)('%s: directions stay within %f degrees, and what is not known stays so', (normals, most) => {
    const format: RecordFormat = { ...size, image: 'u8', depth: 'f16', normals };
    const scene: Scene = {
      ...size,
      image: new Uint8Array(3 * pixels),
      segmentation: null,
      depth: null,
      normals: directions,
    };
    const record = encodeRecord(scene, format);
    const memory = new SharedArrayBuffer(record.length);
    new Uint8Array(memory).set(record);
    const found = openStore({ format, count: 1, place: { memory } }).read(0).normals;
    expectUnit(found, selfScore(directions).known);
    for (let i = 0; i < found.length; i += 3) {
      const [x, y, z] = [0, 1, 2].map((k) => found[i + k]! - directions[i + k]!) as [number, number, number];
      expect(2 * Math.asin(Math.hypot(x, y, z) / 2) * degrees).toBeLessThan(most);
    }
  });

  test.each([
    ['at its own size', {}],
    ['resized', { size: [32, 64] }],
    ['read by threads', { threads: 1 }],
  ])('the sample %s', async (_, given) => {
    const options = parseOptions(nyuv2Sample.options, { threads: 0, ...given });
    const data = await nyuv2Sample.open(options, { dataDir: 'not used' });
    const wanted = [0, 1, 2].map((index) => ({ index, key: null }));
    const examples = data.prepare
      ? ((await data.prepare('test', wanted)) as readonly NyuExample[])
      : await Promise.all(wanted.map(({ index }) => data.splits.test!.example(index)));
    for (const { normals } of examples) expectUnit(normals);
    await data.close();
  });

  test.each([
    ['bytes, compact', 'bytes', 'compact', [6, 8]],
    ['bytes, float32', 'bytes', 'float32', [6, 8]],
    ['bytes, resized', 'bytes', 'compact', [4, 4]],
    ['floats, compact', 'floats', 'compact', [6, 8]],
    ['floats, compact and resized', 'floats', 'compact', [4, 4]],
    ['floats, float32', 'floats', 'float32', [6, 8]],
  ])('files of %s', async (_, form, precision, wantedSize) => {
    const unit = directions.slice(0, 144);
    const stored = form === 'bytes' ? Int8Array.from(unit, (value) => Math.round(127 * value)) : unit;
    const files = layout();
    for (const name of files.keys()) {
      if (name.includes('/normal/')) files.set(name, npyFile([6, 8, 3], stored));
    }
    const options = parseOptions(nyuv2.options, { ...small, precision, size: wantedSize });
    const data = await nyuv2.open(options, { dataDir: await dataFolder(files) });
    const { normals } = await data.splits.train!.example(0);
    expectUnit(normals);
    if (form === 'floats' && precision === 'float32') expect(normals).toEqual(unit);
    await data.close();
  });
});

test('floats in single precision are labels as they are, whatever their length', async () => {
  const normals = directions.slice(0, 144).map((value) => Math.fround(0.9 * value));
  const files = layout();
  for (const name of files.keys())
    if (name.includes('/normal/')) files.set(name, npyFile([6, 8, 3], normals));
  const options = parseOptions(nyuv2.options, { ...small, precision: 'float32' });
  const data = await nyuv2.open(options, { dataDir: await dataFolder(files) });
  expect((await data.splits.test!.example(1)).normals).toEqual(normals);
  await data.close();
});
