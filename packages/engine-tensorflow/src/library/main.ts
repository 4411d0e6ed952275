import { isOverparamError } from '@overparam/errors';
import { engineCommand, runCommandLine, StrictCommand } from '../command-line';

/**
 * Runs the command line `overparam-engine`.
 *
 * @param rawArguments  without Node and the file
 * @returns             the exit code: 0, 130 for an interruption, 1 for all else
 */
export async function main(rawArguments: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const program = engineCommand(new StrictCommand('overparam-engine'), ({ json = false }) => ({
    stream: process.stderr,
    result: (value, text) => void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`),
    signal: controller.signal,
  }));
  try {
    return await runCommandLine(program, rawArguments);
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    const { code, message } = error;
    if (rawArguments.includes('--json')) {
      process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    }
    process.stderr.write(`${message}\n`);
    return code === 'interrupted' ? 130 : 1;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
