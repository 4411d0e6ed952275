import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, engineOption } from '../options';

/** `overparam collapse RUN`. */
export const collapseCommand = defineCommand({
  meta: {
    name: 'collapse',
    description: "Collapse a run's trained network again, to a folder and with norms of your choice",
  },
  args: {
    run: { type: 'positional', required: true, description: 'Run folder' },
    out: { type: 'string', description: 'Folder to write to (RUN/collapsed)', valueHint: 'folder' },
    norms: {
      type: 'enum',
      options: ['fold', 'keep'],
      default: 'fold',
      description: 'Fold norms into the layers before them, or keep them',
    },
    tolerance: { type: 'string', description: 'Largest gap allowed (1e-4)', valueHint: 'number' },
    'allow-mismatch': { type: 'boolean', description: 'Write the network even where its outputs differ' },
    ...engineOption,
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runCollapse } = await import('../run-collapse');
    await runCollapse(args, data as Invocation);
  },
});
