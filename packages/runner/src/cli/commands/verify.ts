import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, engineOption } from '../options';

/** `overparam verify RUN`. */
export const verifyCommand = defineCommand({
  meta: {
    name: 'verify',
    description: 'Compare the trained and the collapsed network of a run, layer by layer',
  },
  args: {
    run: { type: 'positional', required: true, description: 'Run folder' },
    tolerance: { type: 'string', description: 'Largest gap allowed (1e-4)', valueHint: 'number' },
    ...engineOption,
    ...commonOptions,
  },
  async run({ args, data }): Promise<number> {
    const { runVerify } = await import('../run-verify');
    return runVerify(args, data as Invocation);
  },
});
