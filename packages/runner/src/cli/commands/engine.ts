import { engineCommand as commandOf } from '@overparam/engine-tensorflow/command';
import { StrictCommand } from '@overparam/terminal/command-line';
import type { Surroundings } from '../invocation';

/** `overparam engine install|status|remove`. */
export function engineCommand({ output, signal }: Surroundings): StrictCommand {
  return commandOf(new StrictCommand('engine'), () => ({
    stream: process.stderr,
    result: output.result,
    signal,
  }));
}
