import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { parseOptions } from '@overparam/plugin';
import { pngOf } from './png';

// Makes a folder of pictures to try the example with; put your own in its place: a subfolder for each class.
const [folder = 'pictures/things', each = '100'] = process.argv.slice(2);
const data = await cifar100Sample.open(parseOptions(cifar100Sample.options), { dataDir: 'data' });
const names = data.tasks[0]!.classes!.slice(0, 4);
const written = names.map(() => 0);
const { size, example } = data.splits.train!;
for (let index = 0; index < size; index++) {
  const { image, label } = await example(index);
  if (label >= names.length || written[label]! >= Number(each)) continue;
  const at = join(folder, names[label]!);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, `${written[label]!++}.png`), pngOf(image, 32));
}
await data.close();
console.log(`${written.reduce((a, b) => a + b)} pictures of ${names.join(', ')} in ${folder}`);
