import { flag, StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { WatchArguments } from '../run-watch';

/** `overparam watch RUN`. */
export function watchCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('watch')
    .summary('Follow a run while it trains, on a live page')
    .description('Follow a run while it trains: epochs in the terminal, and a live page for this machine')
    .argument('<RUN>', 'Run folder')
    .takes(
      value('--port <number>', 'Port of the page at 127.0.0.1 (the first free one from 4680 on)'),
      flag('--terminal', 'Follow in the terminal alone, without a page'),
      ...commonOptions,
    )
    .examples('overparam watch runs/first', 'overparam watch runs/methods/trirep-seed0 --terminal')
    .does<WatchArguments>(async (given) => {
      const { runWatch } = await import('../run-watch');
      return runWatch(given, invocationOf(surroundings, given));
    });
}
