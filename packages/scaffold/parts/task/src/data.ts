import { foldKey, type Key, keyFromSeed, permutation, randomInteger } from '@overparam/engine';
import type { Dataset, Split } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  train: z.int().min(1).default(400).describe('Images to train on.'),
  test: z.int().min(1).default(100).describe('Images to test on.'),
});

interface Dots {
  readonly pixels: Float32Array;
  readonly count: number;
}

const side = 16;

/** An image of 1 to 4 dots; the first places of a permutation, so that no two fall on each other. */
function draw(key: Key): Dots {
  const count = 1 + randomInteger(foldKey(key, 'count'), 4);
  const pixels = new Float32Array(side * side);
  for (const place of permutation(foldKey(key, 'places'), pixels.length).subarray(0, count)) {
    pixels[place] = 1;
  }
  return { pixels, count };
}

/** Something to try the task on: images of dots whose label is their number. Any dataset may declare the kind. */
export const myPartData: Dataset<z.infer<typeof options>, Dots> = {
  apiVersion: 1,
  name: 'my-part-data',
  summary: 'Images of 1 to 4 dots, drawn and not read.',
  options,
  async open({ train, test }) {
    const split = (name: string, size: number): Split<Dots> => ({
      size,
      example: (index) => draw(foldKey(keyFromSeed(0), name, index)),
    });
    return {
      inputShape: [side, side, 1],
      tasks: [{ name: 'number', kind: 'my-part', outputs: 1, label: { shape: [], dtype: 'float32' } }],
      splits: { train: split('train', train), test: split('test', test) },
      provenance: 'drawn',
      augment: (dots, key) =>
        randomInteger(key, 2) === 0 ? dots : { ...dots, pixels: dots.pixels.slice().reverse() },
      input: ({ pixels }, target, offset) => target.set(pixels, offset),
      label({ count }, _task, target, offset) {
        target[offset] = count;
      },
      close() {},
    };
  },
  verify: async () => [{ what: 'dots', ok: true, detail: 'they are drawn: there is nothing to check' }],
};
