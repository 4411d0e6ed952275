import { choice, StrictCommand, value, values } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { allowPluginsOption, commonOptions, dataOption, engineOption } from '../options';
import type { QuantiseArguments } from '../run-quantise';

/** `overparam quantise RUN`. */
export function quantiseCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('quantise')
    .summary('Write a network in eight bits, and what that costs')
    .description(
      "Write a run's collapsed network in eight bits (ONNX), and say what that costs and which layers suffer",
    )
    .argument('<RUN>', 'Run folder')
    .takes(
      value('--to <file>', 'File to write (RUN/quantised/model.onnx)'),
      value(
        '--examples <number>',
        'Training images to calibrate on (512, for dense tasks 64, or all that there are)',
      ),
      choice('--range <rule>', ['mse', 'percentile', 'minmax'], 'How ranges of activations are found'),
      value('--polish <epochs>', 'Train the collapsed network on in eight bits first'),
      values('--keep-float <layer>', 'Leave a layer in float32; may be given many times'),
      engineOption,
      allowPluginsOption,
      dataOption,
      ...commonOptions,
    )
    .examples('overparam quantise runs/first --polish 1')
    .does<QuantiseArguments>(async (given) => {
      const { runQuantise } = await import('../run-quantise');
      return runQuantise(given, invocationOf(surroundings, given));
    });
}
