import { StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { InitArguments } from '../run-init';

/** `overparam init [FILE]`. */
export function initCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('init')
    .summary('Write a first config, by four questions')
    .description('Write a first config; what no option says is asked, or the usual where nobody can be asked')
    .argument('[FILE]', 'File to write (config.yaml)')
    .takes(
      value('--data <name or folder>', 'A dataset, or a folder of pictures with a subfolder for each class'),
      value('--backbone <name>', 'The network'),
      value('--methods <a,b>', 'Methods to compare'),
      value('--epochs <count>', 'Passes over the training data'),
      ...commonOptions,
    )
    .examples('overparam init flowers.yaml --data flowers --methods plain,trirep')
    .does<InitArguments>(async (given) => {
      const { runInit } = await import('../run-init');
      return runInit(given, invocationOf(surroundings, given));
    });
}
