import { basename, dirname, join, parse, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { createProgressView } from '@overparam/terminal';
import { dataDirectory, type Invocation } from '../cli/invocation';
import { type ConfigArguments, requestOf } from '../cli/request';
import { ownCommandLine } from './child';
import { compare } from './compare';
import { comparisonResult } from './output';
import { summarise } from './summary';
import { renderTable } from './table';
import { comparesTasks, summariseTasks } from './task-summary';
import { renderTaskTable } from './task-table';

/** Arguments of `overparam compare`. */
export interface CompareArguments extends ConfigArguments {
  readonly config: string;
  readonly out?: string;
  readonly 'data-dir'?: string;
  readonly resume?: boolean;
  readonly jobs?: string;
}

/** `runs/poster-cifar` for `poster-cifar/config.yaml`, and `runs/rates` for `rates.yaml`. */
function defaultFolder(config: string): string {
  const { name } = parse(config);
  return join('runs', name === 'config' ? basename(dirname(resolve(config))) : name);
}

function jobsFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new OverparamError(
    'invalid-option',
    `--jobs expects a whole number of at least 1, and got "${text}".`,
  );
}

/**
 * What `overparam compare` does; see {@link compare}.
 *
 * @returns the exit code: 0, or 1 where a run failed
 * @throws OverparamError `interrupted`, and for the user's mistakes
 */
export async function runCompare(given: CompareArguments, invocation: Invocation): Promise<number> {
  const { output, signal } = invocation;
  const out = given.out ?? defaultFolder(given.config);
  const done = await compare({
    config: given.config,
    request: requestOf(invocation, given),
    out,
    dataDir: dataDirectory(given['data-dir']),
    resume: given.resume ?? false,
    jobs: jobsFrom(given.jobs),
    command: ownCommandLine(),
    signal,
    view: createProgressView(process.stderr),
  });
  if (done.interrupted) {
    throw new OverparamError('interrupted', `Stopped. --resume goes on with the comparison in "${out}".`);
  }
  const table = comparesTasks(done.obtained)
    ? renderTaskTable(summariseTasks(done, done.obtained), done.obtained)
    : renderTable(summarise(done.rows), done.obtained);
  // With --json, what is for the eye goes to stderr.
  if (output.json) output.say(table);
  output.result(comparisonResult(done, done.obtained), table);
  output.say(`Report: ${done.report}`);
  return done.failures > 0 ? 1 : 0;
}
