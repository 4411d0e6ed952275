import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { selectSample } from '../scripts/select-sample';
import { nyuv2 } from '../src/index';
import { planeNormals } from '../src/plane-normals';
import { encodeScenes } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { findArchive } from '../src/source-archive';
import { emptyFolder } from './support';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const dataDir = resolve(root, process.env.OVERPARAM_TEST_DATA ?? '../shared/data');
const present = existsSync(join(dataDir, 'nyuv2'));
if (!present)
  console.warn(
    `Real NYUv2 scenes are not in ${dataDir}: their tests are skipped (OVERPARAM_TEST_DATA names another folder).`,
  );

// One test, because unpacking takes most of its time.
test.skipIf(!present)(
  'the 64 + 24 real scenes load, and give the shipped sample',
  async () => {
    const cache = await emptyFolder();
    const options = parseOptions(nyuv2.options, {
      cache,
      scenes: { train: 64, test: 24 },
      limit: { train: 4, test: 3 },
      threads: 0,
    });
    const data = await nyuv2.open(options, { dataDir });
    expect(data.provenance).toMatch(/normals in 8 bits, not the published files; 4 train, 3 test; 288x384/);
    const { depth, normals } = await data.splits.train!.example(1);

    // The archive's own normals were computed at another resolution; the two agree where the scene is flat.
    const scale = 384 / 561;
    const camera = {
      fx: 518.86 * scale,
      fy: (519.47 * 288) / 427,
      cx: (325.58 - 40) * scale,
      cy: ((253.74 - 44) * 288) / 427,
    };
    const own = planeNormals(depth, 288, 384, camera);
    const median = (signs: readonly [number, number, number]) => {
      const angles = Array.from({ length: 288 * 384 }, (_, i) => {
        const dot = signs.reduce((sum, sign, k) => sum + sign * own[3 * i + k]! * normals[3 * i + k]!, 0);
        return (Math.acos(Math.min(1, Math.max(-1, dot))) * 180) / Math.PI;
      });
      return angles.sort((a, b) => a - b)[angles.length >> 1]!;
    };
    // Depth in steps of some centimetres makes the fits rough; a wrong sign of an axis would show all the same.
    const right = median([1, 1, 1]);
    expect(right).toBeLessThan(25);
    expect(median([-1, 1, 1])).toBeGreaterThan(1.3 * right);
    expect(median([1, -1, 1])).toBeGreaterThan(1.3 * right);
    expect(median([1, 1, -1])).toBeGreaterThan(1.3 * right);
    await data.close();

    const source = (await findArchive(join(dataDir, 'nyuv2')))!;
    const remade = await selectSample(source);
    const coded = encodeScenes(Buffer.concat([remade.train, remade.test]));
    expect(Buffer.compare(coded, brotliDecompressSync(await readFile(samplePath())))).toBe(0);
    await source.close();
  },
  400_000,
);
