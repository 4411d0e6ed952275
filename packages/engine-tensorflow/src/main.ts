import { isOverparamError } from '@overparam/errors';
import { interruptible, runCommandLine, StrictCommand } from '@overparam/terminal/command-line';
import { engineCommand } from './engine-command';

/** Runs what a command line asks for, its errors thrown. */
async function run(rawArguments: readonly string[], signal: AbortSignal): Promise<number> {
  const program = engineCommand(new StrictCommand('overparam-engine'), ({ json = false }) => ({
    stream: process.stderr,
    result: (value, text) => void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`),
    signal,
  }));
  return runCommandLine(program, rawArguments);
}

/**
 * Runs the command line `overparam-engine`.
 *
 * @param rawArguments  without Node and the file
 * @returns             the exit code: 0, 130 for an interruption, 1 for all else
 */
export async function main(rawArguments: readonly string[]): Promise<number> {
  try {
    return await interruptible((signal) => run(rawArguments, signal));
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    const { code, message } = error;
    if (rawArguments.includes('--json')) {
      process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    }
    process.stderr.write(`${message}\n`);
    return code === 'interrupted' ? 130 : 1;
  }
}
