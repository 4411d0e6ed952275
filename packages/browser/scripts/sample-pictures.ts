import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { parseOptions } from '@overparam/plugin';
import { classes, counts, pictureBytes } from '../page/source/train/sample';

// Writes the pictures of the page that trains, from the sample of CIFAR-100 that this repository ships: class after class,
// training pictures first, as bytes [32, 32, 3].
const data = await cifar100Sample.open(parseOptions(cifar100Sample.options), { dataDir: 'data' });
const names = data.tasks[0]!.classes!;
const all = new Uint8Array((counts.train + counts.test) * classes.length * pictureBytes);
let at = 0;
for (const split of ['train', 'test'] as const) {
  for (const name of classes) {
    const { size, example } = data.splits[split]!;
    let found = 0;
    for (let index = 0; index < size && found < counts[split]; index++) {
      const { image, label } = await example(index);
      if (names[label] !== name) continue;
      all.set(image, at);
      at += pictureBytes;
      found++;
    }
    if (found < counts[split]) throw new Error(`The sample has ${found} pictures of ${name} for ${split}.`);
  }
}
writeFileSync(fileURLToPath(new URL('../page/public/sample.bin', import.meta.url)), all);
await data.close();
