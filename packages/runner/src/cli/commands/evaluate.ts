import { choice, StrictCommand } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { allowPluginsOption, commonOptions, dataOption, engineOption } from '../options';
import type { EvaluateArguments } from '../run-evaluate';

/** `overparam evaluate RUN`. */
export function evaluateCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('evaluate')
    .summary('Evaluate a network of a run on the test images')
    .description('Evaluate a network of a run on the test images')
    .argument('<RUN>', 'Run folder')
    .takes(
      choice(
        '--network <name>',
        ['collapsed', 'final'],
        'The collapsed network, or the one as it was trained',
      ),
      choice(
        '--precision <name>',
        ['float32', 'bfloat16'],
        'What activations are computed in; beside bfloat16 it says how near that is to float32',
      ),
      engineOption,
      allowPluginsOption,
      dataOption,
      ...commonOptions,
    )
    .examples('overparam evaluate runs/first --network final')
    .does<EvaluateArguments>(async (given) => {
      const { runEvaluate } = await import('../run-evaluate');
      return runEvaluate(given, invocationOf(surroundings, given));
    });
}
