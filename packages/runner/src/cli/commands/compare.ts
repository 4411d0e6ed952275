import { flag, StrictCommand, value, values } from '@overparam/terminal/command-line';
import { configHint } from '../config-hint';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, configOptions, dryRunOption, tensorboardOption, workersOption } from '../options';
import type { CompareArguments } from '../run-compare';

/** `overparam compare CONFIG`. */
export function compareCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('compare')
    .summary('Train all rows of a config, and compare them')
    .description('Train every row of a config with every seed, and show what each gained')
    .argument('<CONFIG>', 'Config file (.yaml, .ts) with rows and seeds')
    .takes(
      ...configOptions,
      values(
        '--sweep <key=a,b>',
        "Choose each row's value of a key on validation images; may be given many times",
      ),
      value('--jobs <count>', 'Runs at a time (by cores)'),
      workersOption,
      value(
        '--launcher <name>',
        'Where runs compute: local, slurm or kubernetes; options by --set launcher.KEY',
      ),
      flag('--status', 'Say what became of each run, here or on other machines; nothing is started'),
      dryRunOption,
      tensorboardOption,
      ...commonOptions,
    )
    .hints(configHint)
    .examples(
      'overparam compare config.yaml --out runs/methods',
      'overparam compare config.yaml --out runs/methods --resume',
    )
    .does<CompareArguments>(async (given) => {
      const { runCompare } = await import('../run-compare');
      return runCompare(given, invocationOf(surroundings, given));
    });
}
