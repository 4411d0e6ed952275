import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, pluginOption } from '../options';

/** `overparam list [KIND]`. */
export const listCommand = defineCommand({
  meta: {
    name: 'list',
    description:
      'List all that a config can name, such as methods, backbones and balancers, with their options',
  },
  args: {
    kind: {
      type: 'positional',
      required: false,
      description:
        'methods, routines, backbones, datasets, balancers, heads, tasks, improvements, engines or optimisers; all of them where left out',
    },
    ...pluginOption,
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runList } = await import('../run-list');
    await runList(args, data as Invocation);
  },
});
