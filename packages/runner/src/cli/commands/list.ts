import { StrictCommand } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, pluginOption } from '../options';
import type { ListArguments } from '../run-list';

/** `overparam list [KIND]`. */
export function listCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('list')
    .summary('List all that a config can name')
    .description(
      'List all that a config can name, such as methods, backbones and balancers, with their options',
    )
    .argument(
      '[KIND]',
      'methods, routines, backbones, datasets, balancers, regularisers, heads, tasks, improvements, engines or optimisers; all of them where left out',
    )
    .takes(pluginOption, ...commonOptions)
    .examples('overparam list methods')
    .does<ListArguments>(async (given) => {
      const { runList } = await import('../run-list');
      return runList(given, invocationOf(surroundings, given));
    });
}
