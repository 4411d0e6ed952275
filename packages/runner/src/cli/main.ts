import { interruptible, runCommandLine } from '@overparam/engine-tensorflow/command-line';
import { overparamCommand } from './commands';
import { reportFailure } from './failure';
import { processOutput } from './output';

/**
 * Runs the command line.
 *
 * @param rawArguments  without Node and the file
 * @returns             the exit code: 0, 2 for the user's mistakes, 130 for an interruption, 1 for failures
 */
export async function main(rawArguments: readonly string[]): Promise<number> {
  const output = processOutput(rawArguments.includes('--json'));
  try {
    return await interruptible((signal) =>
      runCommandLine(overparamCommand({ output, signal }), rawArguments),
    );
  } catch (error) {
    return reportFailure(error, output);
  }
}
