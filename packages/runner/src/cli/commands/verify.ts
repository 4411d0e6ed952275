import { StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { allowPluginsOption, commonOptions, engineOption } from '../options';
import type { VerifyArguments } from '../run-verify';

/** `overparam verify RUN`. */
export function verifyCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('verify')
    .summary('Compare a trained network with its collapsed one')
    .description('Compare the trained and the collapsed network of a run, layer by layer')
    .argument('<RUN>', 'Run folder')
    .takes(
      value('--tolerance <number>', 'Largest gap allowed (1e-4)'),
      engineOption,
      allowPluginsOption,
      ...commonOptions,
    )
    .examples('overparam verify runs/first')
    .does<VerifyArguments>(async (given) => {
      const { runVerify } = await import('../run-verify');
      return runVerify(given, invocationOf(surroundings, given));
    });
}
