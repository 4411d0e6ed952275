import { engineCommand as commandOf } from '@overparam/engine-tensorflow/command';
import { StrictCommand } from '@overparam/terminal/command-line';
import type { Surroundings } from '../invocation';

/** `overparam engine install|status|remove`. */
export function engineCommand({ output, signal }: Surroundings): StrictCommand {
  return commandOf(
    new StrictCommand('engine')
      .summary("Install TensorFlow's library, or say what is there")
      .examples('overparam engine install'),
    () => ({
      stream: process.stderr,
      result: output.result,
      signal,
    }),
  );
}
