import { nearest, OverparamError } from '@overparam/errors';
import { type CommandDef, renderUsage, runCommand } from 'citty';
import { checkArguments } from './arguments';
import { commands } from './commands';
import { reportFailure } from './failure';
import type { Invocation } from './invocation';
import { type Output, processOutput } from './output';
import { packageVersion } from './version';

// biome-ignore lint/suspicious/noExplicitAny: commands differ in their arguments, which citty checks.
type AnyCommand = CommandDef<any>;

const program: AnyCommand = {
  meta: {
    name: 'overparam',
    version: packageVersion(),
    description: 'Train overparameterised networks, collapse them exactly, and compare what it gained',
  },
  subCommands: commands,
};

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

async function commandOf(name: string): Promise<AnyCommand> {
  const load = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  if (load) return (await load()) as AnyCommand;
  const names = Object.keys(commands);
  const near = nearest(name, names);
  throw new OverparamError(
    'unknown-command',
    `Unknown command "${name}". ${near ? `Did you mean "${near}"?` : `Commands: ${names.join(', ')}.`}`,
  );
}

/** @returns the exit code of a command that ended with a result, which may still tell of failures */
async function run(rawArguments: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const [first, ...rest] = rawArguments;
  if (first === undefined || first === '--help' || first === '-h') {
    process.stdout.write(`${await renderUsage(program)}\n`);
    return 0;
  }
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const command = await commandOf(first);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${await renderUsage(command, program)}\n`);
    return 0;
  }
  const definitions = typeof command.args === 'function' ? await command.args() : await command.args;
  const { sets, plugins, problem } = checkArguments(rest, definitions ?? {});
  if (problem) throw new OverparamError(problem.code, `overparam ${first}: ${problem.message}`);
  const invocation: Invocation = { sets, plugins, output, signal };
  const { result } = await runCommand(command, { rawArgs: [...rest], data: invocation });
  return typeof result === 'number' ? result : 0;
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
    return await run(rawArguments, output, signal);
  } catch (error) {
    return reportFailure(error, output);
  } finally {
    release();
  }
}
