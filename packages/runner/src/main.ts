import { isOverparamError, OverparamError } from '@overparam/errors';
import { interruptible, runCommandLine } from '@overparam/terminal/command-line';
import { overparamCommand } from './cli/commands';
import { reportFailure } from './cli/failure';
import { processOutput } from './cli/output';

/**
 * Runs the command line.
 *
 * @param rawArguments  without Node and the file
 * @param early         what the process has listened to since before this was loaded; listens itself where left out
 * @returns             the exit code: 0, 2 for the user's mistakes, 130 for an interruption, 1 for failures
 */
export async function main(rawArguments: readonly string[], early?: AbortSignal): Promise<number> {
  const output = processOutput(rawArguments.includes('--json'));
  const run = async (signal: AbortSignal) => {
    if (signal.aborted) throw new OverparamError('interrupted', 'Stopped before anything was done.');
    return runCommandLine(overparamCommand({ output, signal, rawArguments }), rawArguments);
  };
  try {
    return await (early ? run(early) : interruptible(run));
  } catch (error) {
    if (isOverparamError(error)) return reportFailure(error, output);
    // Loaded here, as neither help nor a mistyped command waits for what it brings with it.
    const { ownFileProblem } = await import('@overparam/run-folder');
    return reportFailure(ownFileProblem(error, 'A file'), output);
  }
}
