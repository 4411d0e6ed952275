import { parseArgs } from 'node:util';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { defineCommand, renderUsage } from 'citty';
import { runEngineCommand } from './command';

const command = defineCommand({
  meta: {
    name: 'overparam-engine',
    description: "Install TensorFlow's library for the native engine, say what is there, or remove it",
  },
  args: {
    action: { type: 'positional', required: true, description: 'install, status or remove' },
    version: { type: 'string', description: 'Of TensorFlow', valueHint: '2.21.0' },
    gpu: { type: 'boolean', description: 'The CUDA form with NVIDIA libraries (not tried)' },
    from: { type: 'string', description: 'Instead of downloading', valueHint: 'wheel or folder' },
    json: { type: 'boolean', description: 'Print one JSON object on stdout' },
  },
});

function parse(rawArguments: readonly string[]) {
  try {
    return parseArgs({
      args: [...rawArguments],
      allowPositionals: true,
      options: {
        version: { type: 'string' },
        gpu: { type: 'boolean' },
        from: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new OverparamError('usage', `${(error as Error).message} See overparam-engine --help.`);
  }
}

async function run(rawArguments: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parse(rawArguments);
  const [action, ...rest] = positionals;
  if (values.help || action === undefined) {
    process.stdout.write(`${await renderUsage(command)}\n`);
    return;
  }
  if (rest.length > 0) throw new OverparamError('usage', `Unexpected argument "${rest[0]}".`);
  const { version, gpu, from, json } = values;
  const result = (value: object, text: string) =>
    void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
  await runEngineCommand({ action, version, gpu, from }, { stream: process.stderr, result, signal });
}

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
  try {
    await run(rawArguments, controller.signal);
    return 0;
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
