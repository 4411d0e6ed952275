import { foldKey, type Key, keyFromSeed, permutation, randomInteger } from '@overparam/engine';
import type { Dataset, Split } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  train: z.int().min(1).default(400).describe('Images to train on.'),
  test: z.int().min(1).default(100).describe('Images to test on.'),
  seed: z.int().min(0).default(0).describe('Decides every image.'),
});

/** What is kept of one image until a batch is written. */
interface Dots {
  readonly pixels: Float32Array;
  readonly count: number;
}

const side = 16;
const most = 4;

/** An image of 1 to 4 dots; the first places of a permutation, so that no two fall on each other. */
function draw(key: Key): Dots {
  const count = 1 + randomInteger(foldKey(key, 'count'), most);
  const pixels = new Float32Array(side * side);
  for (const place of permutation(foldKey(key, 'places'), pixels.length).subarray(0, count)) {
    pixels[place] = 1;
  }
  return { pixels, count };
}

/**
 * Images of dots, classified by how many there are. They are drawn from their index; replace that by what you read: `open`
 * may read files below `context.dataDir`, and `example` may be asynchronous.
 */
export const myPart: Dataset<z.infer<typeof options>, Dots> = {
  apiVersion: 1,
  name: 'my-part',
  summary: 'Images of 1 to 4 dots, drawn and not read.',
  options,
  async open({ train, test, seed }) {
    const split = (name: string, size: number): Split<Dots> => ({
      size,
      example: (index) => draw(foldKey(keyFromSeed(seed), name, index)),
    });
    const classes = Array.from({ length: most }, (_, index) => (index === 0 ? '1 dot' : `${index + 1} dots`));
    const label = { shape: [], dtype: 'int32' } as const;
    return {
      inputShape: [side, side, 1],
      tasks: [{ name: 'number', kind: 'classification', outputs: most, classes, label }],
      splits: { train: split('train', train), test: split('test', test) },
      provenance: `drawn from seed ${seed}`,
      // Half of the images are turned by 180 degrees: a pure function of the image and the key, so that runs can be repeated.
      augment: (dots, key) =>
        randomInteger(key, 2) === 0 ? dots : { ...dots, pixels: dots.pixels.slice().reverse() },
      input: ({ pixels }, target, offset) => target.set(pixels, offset),
      label({ count }, _task, target, offset) {
        target[offset] = count - 1;
      },
      close() {},
    };
  },
  verify: async () => [{ what: 'dots', ok: true, detail: 'they are drawn: there is nothing to check' }],
};
