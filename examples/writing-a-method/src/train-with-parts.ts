import { registerPlugin } from '@overparam/plugin';
import { train } from '@overparam/runner';
import { plugin } from './every-part';

registerPlugin(plugin);
const result = await train(
  {
    method: 'scaled',
    routine: 'halves',
    backbone: 'small',
    dataset: { name: 'dots', train: 200 },
    epochs: 2,
    batch: 20,
    optimiser: 'adam',
    lr: 0.01,
  },
  { out: 'runs/parts' },
);
console.log(result.collapsed.byTask.number?.figures.exact, result.collapseGap < 1e-4);
