import { StrictCommand, values } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, dataOption, pluginOption } from '../options';
import type { DataArguments } from '../run-data';

/** `overparam data get|verify|list [NAME]`. */
export function dataCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('data')
    .summary('Download, check or list datasets')
    .description('Download, check or list datasets')
    .argument('<ACTION>', 'get, verify or list')
    .argument('[NAME]', 'Name of the dataset')
    .takes(
      values('--set <option=value>', "One of the dataset's options; may be given many times"),
      dataOption,
      pluginOption,
      ...commonOptions,
    )
    .examples('overparam data get cifar100')
    .does<DataArguments>(async (given) => {
      const { runData } = await import('../run-data');
      return runData(given, invocationOf(surroundings, given));
    });
}
