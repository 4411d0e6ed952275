import { runCommandLine } from '@overparam/engine-tensorflow/command-line';
import { overparamCommand } from './commands';
import { reportFailure } from './failure';
import { processOutput } from './output';

/** Aborts on the first interrupt; a second one ends the process at once. */
function interruptSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}

/**
 * Runs the command line.
 *
 * @param rawArguments  without Node and the file
 * @returns             the exit code: 0, 2 for the user's mistakes, 130 for an interruption, 1 for failures
 */
export async function main(rawArguments: readonly string[]): Promise<number> {
  const output = processOutput(rawArguments.includes('--json'));
  const { signal, release } = interruptSignal();
  try {
    return await runCommandLine(overparamCommand({ output, signal }), rawArguments);
  } catch (error) {
    return reportFailure(error, output);
  } finally {
    release();
  }
}
