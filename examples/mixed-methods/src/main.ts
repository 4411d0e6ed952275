import { resnet50 } from '@overparam/backbones';
import { collapse, costCard, expand } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { expandnets } from '@overparam/method-expandnets';
import { fnl } from '@overparam/method-fnl';
import { repvgg } from '@overparam/method-repvgg';
import { parseOptions } from '@overparam/plugin';

await useEngine();
const key = keyFromSeed(1);
const tasks = [{ name: 'class', form: 'class', outputs: 10 }] as const;
// A narrow ResNet-50: its bottlenecks have 1x1 and 3x3 convolutions, which want different methods.
const { model } = resnet50.build(
  { inputShape: [32, 32, 3], tasks, key },
  parseOptions(resnet50.options, { width: 8 }),
);

// The first selection that takes a layer has it; what none takes stays as it is.
const wide = expand(model, {
  key,
  selections: [
    { method: fnl, options: { form: 'wide' }, select: 'classifier' },
    {
      method: expandnets,
      options: { rate: 2 },
      select: { top: 8, by: 'parameters', among: { kernel: [1, 1] } },
    },
    { method: repvgg, select: { kernel: [3, 3] } },
  ],
});
const { layers, expanded } = await costCard(wide);
for (const method of ['fnl', 'expandnets', 'repvgg'])
  console.log(`${method}: ${layers.filter((layer) => layer.method === method).length} layers`);
const { model: small, report } = collapse(wide);
console.log(
  `gap ${report.gap.toExponential(1)}, ${expanded.parameters} parameters in training, ${small.countParams()} deployed`,
);
