import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, configOptions } from '../options';

/** `overparam train CONFIG`. */
export const trainCommand = defineCommand({
  meta: { name: 'train', description: 'Train one run, collapse it, verify and evaluate both networks' },
  args: {
    config: {
      type: 'positional',
      required: true,
      description: 'Config file (.yaml, .ts), also the config.yaml of a run folder',
    },
    ...configOptions,
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runTrain } = await import('../run-train');
    await runTrain(args, data as Invocation);
  },
});
