import { resnet } from '@overparam/backbones';
import { collapse, expand } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import '@overparam/engine-tensorflow';
import { isOverparamError } from '@overparam/errors';
import { exportNetwork, formats } from '@overparam/formats';
import { trirep } from '@overparam/method-new';
import { parseOptions } from '@overparam/plugin';

const [folder = 'runs/deploy-everywhere'] = process.argv.slice(2);
await useEngine();
const key = keyFromSeed(1);
const tasks = [{ name: 'class', form: 'class', outputs: 10 }] as const;
const plain = resnet.build(
  { inputShape: [32, 32, 3], tasks, key },
  parseOptions(resnet.options, { depth: 8 }),
);
const wide = expand(plain.model, { method: trirep, key });
// ... trained here: see your-own-model, or hand over what `readNetwork('runs/mine/collapsed')` gives ...
const { model } = collapse(wide);

// Written in every format, read back by what will use it, compared on the same pictures.
for (const { name } of formats) {
  try {
    const report = await exportNetwork(
      `${folder}/${name}`,
      model,
      { role: 'collapsed', method: 'trirep' },
      { to: name },
    );
    const bytes = report.files.reduce((sum, file) => sum + file.bytes, 0);
    console.log(
      [name.padEnd(12), report.gap.toExponential(1), `${bytes} bytes`, report.readBackBy].join('  '),
    );
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    console.log(`${name.padEnd(12)}  not written: ${error.message}`);
  }
}
