import { StrictCommand } from '@overparam/terminal/command-line';
import { configHint } from '../config-hint';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, configOptions, dryRunOption, tensorboardOption } from '../options';
import type { TrainArguments } from '../run-train';

/** `overparam train CONFIG`. */
export function trainCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('train')
    .summary('Train one run, collapse and verify it')
    .description('Train one run, collapse it, verify and evaluate both networks')
    .argument('<CONFIG>', 'Config file (.yaml, .ts), also the config.yaml of a run folder')
    .takes(...configOptions, dryRunOption, tensorboardOption, ...commonOptions)
    .hints(configHint)
    .examples('overparam train config.yaml --set method=trirep --set epochs=3 --out runs/first')
    .does<TrainArguments>(async (given) => {
      const { runTrain } = await import('../run-train');
      return runTrain(given, invocationOf(surroundings, given));
    });
}
