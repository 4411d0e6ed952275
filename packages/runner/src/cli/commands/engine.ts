import { engineCommand as commandOf, StrictCommand } from '@overparam/engine-tensorflow/command-line';
import type { Surroundings } from '../invocation';

/** `overparam engine install|status|remove`. */
export function engineCommand({ output, signal }: Surroundings): StrictCommand {
  return commandOf(new StrictCommand('engine'), () => ({
    stream: process.stderr,
    result: output.result,
    signal,
  }));
}
