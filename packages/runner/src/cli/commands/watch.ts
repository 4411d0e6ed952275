import { flag, StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { WatchArguments } from '../run-watch';

/** `overparam watch FOLDER`. */
export function watchCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('watch')
    .summary('Follow a run or a comparison while it trains')
    .description(
      'Follow a run, or all runs of a comparison, while it trains: in the terminal, and on a live page for this machine',
    )
    .argument('<RUN>', 'Folder of a run or a comparison')
    .takes(
      value('--port <number>', 'Port of the page at 127.0.0.1 (the first free one from 4680 on)'),
      flag('--terminal', 'Follow in the terminal alone, without a page'),
      ...commonOptions,
    )
    .examples('overparam watch runs/first', 'overparam watch runs/methods --terminal')
    .does<WatchArguments>(async (given) => {
      const { runWatch } = await import('../run-watch');
      return runWatch(given, invocationOf(surroundings, given));
    });
}
