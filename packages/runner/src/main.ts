import { interruptible, runCommandLine } from '@overparam/terminal/command-line';
import { overparamCommand } from './cli/commands';
import { reportFailure } from './cli/failure';
import { processOutput } from './cli/output';

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
