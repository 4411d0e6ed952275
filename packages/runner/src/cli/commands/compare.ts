import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, configOptions } from '../options';

/** `overparam compare CONFIG`. */
export const compareCommand = defineCommand({
  meta: {
    name: 'compare',
    description: 'Train every row of a config with every seed, and show what each gained',
  },
  args: {
    config: {
      type: 'positional',
      required: true,
      description: 'Config file (.yaml, .ts) with rows and seeds',
    },
    ...configOptions,
    jobs: { type: 'string', description: 'Runs at a time (by cores)', valueHint: 'count' },
    ...commonOptions,
  },
  async run({ args, data }): Promise<number> {
    const { runCompare } = await import('../run-compare');
    return runCompare(args, data as Invocation);
  },
});
