import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, dataOption, engineOption } from '../options';

/** `overparam evaluate RUN`. */
export const evaluateCommand = defineCommand({
  meta: { name: 'evaluate', description: 'Evaluate a network of a run on the test images' },
  args: {
    run: { type: 'positional', required: true, description: 'Run folder' },
    network: {
      type: 'enum',
      options: ['collapsed', 'final'],
      default: 'collapsed',
      description: 'The collapsed network, or the one as it was trained',
    },
    ...engineOption,
    ...dataOption,
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runEvaluate } = await import('../run-evaluate');
    await runEvaluate(args, data as Invocation);
  },
});
