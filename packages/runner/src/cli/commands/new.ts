import { StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { NewArguments } from '../run-new';

/** `overparam new KIND NAME`. */
export function newCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('new')
    .summary('Begin a plugin of your own')
    .description('Begin a plugin: a folder with a part that trains as it stands, its test and its config')
    .argument('<KIND>', 'method, routine, dataset, backbone, balancer or task')
    .argument('<NAME>', 'What configs will call it: small letters, digits and hyphens')
    .takes(value('--out <folder>', 'Folder to write to (NAME)'), ...commonOptions)
    .examples('overparam new method ghost-kernels')
    .does<NewArguments>(async (given) => {
      const { runNew } = await import('../run-new');
      return runNew(given, invocationOf(surroundings, given));
    });
}
