import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, definePlugin, registerPlugin } from '@overparam/plugin';
import { z } from 'zod';

const options = z.strictObject({
  splits: z.array(z.string()).default(['train', 'test']),
  /** What is added to the label of training example 5. */
  wrongBy: z.int().default(0),
});

/** Images of one grey whose class is how light they are; the file `grey` of the data folder makes all of them lighter. */
const dots: Dataset<z.output<typeof options>, number> = {
  apiVersion: 1,
  name: 'dots',
  summary: 'Grey images for tests',
  options,
  async open({ splits, wrongBy }, { dataDir }) {
    const file = join(dataDir, 'grey');
    const lighter = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    const grey = (index: number) => (index % 4) / 4 + lighter;
    return {
      inputShape: [32, 32, 3],
      tasks: [{ name: 'class', kind: 'classification', outputs: 4, label: { shape: [], dtype: 'int32' } }],
      splits: Object.fromEntries(splits.map((name) => [name, { size: 24, example: (index) => index }])),
      provenance: 'drawn for tests',
      augment: (example) => example,
      input: (example, target, offset) => void target.fill(grey(example), offset, offset + 3072),
      label(example, _task, target, offset) {
        target[offset] = (example % 4) + (example === 5 ? wrongBy : 0);
      },
      close() {},
    };
  },
  verify: async () => [{ what: 'images', ok: true, detail: 'drawn' }],
};

/** Makes the dataset `dots` known. */
export function registerDots(): void {
  registerPlugin(definePlugin({ name: 'dots-for-tests', apiVersion: 1, datasets: [dots as Dataset] }));
}
