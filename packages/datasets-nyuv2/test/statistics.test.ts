import { expect, test } from 'vitest';
import type { Scene } from '../src/scene';
import { collectStatistics } from '../src/statistics';
import { describeStatistics } from '../src/verify';

const scene: Scene = {
  height: 1,
  width: 2,
  image: Uint8Array.of(0, 51, 102, 153, 204, 255),
  segmentation: null,
  depth: Float32Array.of(0, 2),
  normals: null,
};

test('statistics of what is not there are null, before and after they were written', () => {
  const statistics = collectStatistics();
  statistics.add(scene);
  const found = statistics.result();
  expect(found).toMatchObject({
    labelled: { segmentation: 0, depth: 1, normals: 0 },
    invalid: { segmentation: null, depth: 0.5, normals: null },
    depth: [2, 2],
    normalLength: null,
    image: [0, 1],
  });
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  const details = describeStatistics('train', found, ['segmentation', 'depth', 'normals']);
  expect(details.map(({ detail }) => detail)).toEqual([
    '1 scenes, values 0.000 to 1.000',
    expect.stringMatching(/^1 scenes without a label, no scene has a label; bed 0\.0 %/),
    '50.00 % of pixels invalid, 2.000 to 2.000 m',
    '1 scenes without a label, no scene has a label, length none',
  ]);
});
