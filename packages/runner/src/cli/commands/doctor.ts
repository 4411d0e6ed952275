import { StrictCommand } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, dataOption, pluginOption } from '../options';
import type { DoctorArguments } from '../run-doctor';

/** `overparam doctor`. */
export function doctorCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('doctor')
    .summary('Say what this machine offers')
    .description('Say what this machine offers: Node, cores, memory, engines, data')
    .takes(dataOption, pluginOption, ...commonOptions)
    .examples('overparam doctor')
    .does<DoctorArguments>(async (given) => {
      const { runDoctor } = await import('../run-doctor');
      return runDoctor(given, invocationOf(surroundings, given));
    });
}
