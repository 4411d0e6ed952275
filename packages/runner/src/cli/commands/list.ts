import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions } from '../options';

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
        'methods, routines, backbones, datasets, balancers, heads, improvements, engines or optimisers; all of them where left out',
    },
    plugin: { type: 'string', description: 'Load a plugin first: a package or a path', valueHint: 'name' },
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runList } = await import('../run-list');
    await runList(args, data as Invocation);
  },
});
