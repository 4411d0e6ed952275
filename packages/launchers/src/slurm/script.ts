import type { CommandLine } from '../child';
import type { SlurmOptions } from '../schema';
import { jobName, logOf, type Submission } from '../submission';

/** Text as one word of a shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Exit code of a task whose folder is not the one that it was submitted from. */
export const notShared = 96;

function directives({ id, folder, tasks }: Submission, options: SlurmOptions, atOnce: number): string[] {
  const given: Record<string, string | number | true | undefined> = {
    'job-name': jobName(id),
    array: `0-${tasks.length - 1}%${atOnce}`,
    output: logOf(folder, '%a'),
    'open-mode': 'append',
    nodes: 1,
    ntasks: 1,
    time: options.timeoutMin,
    signal: `B:USR2@${options.signalDelayS}`,
    requeue: true,
    partition: options.partition,
    account: options.account,
    qos: options.qos,
    constraint: options.constraint,
    exclude: options.exclude,
    'cpus-per-task': options.cpusPerTask,
    mem: options.memGb === undefined ? undefined : `${Math.ceil(options.memGb * 1024)}M`,
    'gpus-per-node': options.gpusPerNode,
    ...options.additionalParameters,
  };
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [value === true ? `#SBATCH --${name}` : `#SBATCH --${name}=${quotedOption(value)}`],
  );
}

/** A value in a line `#SBATCH`, where double quotes hold words together. */
function quotedOption(value: string | number): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(String(value)) ? String(value) : `"${value}"`;
}

/**
 * The batch script of a submission.
 *
 * The shell hands over to Node (`exec`), so that Slurm's early signal, which goes to the batch process alone, reaches the
 * program that saves the run.
 *
 * @param atOnce  tasks at a time
 */
export function batchScript(
  submission: Submission,
  options: SlurmOptions,
  command: CommandLine,
  atOnce: number,
): string {
  const { folder, id } = submission;
  const words = [command.file, ...command.prefix, 'task', folder];
  return [
    '#!/bin/bash',
    ...directives(submission, options, atOnce),
    `if [ "$(cat ${quoted(`${folder}/probe`)} 2>/dev/null)" != ${quoted(id)} ]; then`,
    `  echo "This node does not share the folder" ${quoted(folder)} "with the one that the comparison was started on." >&2`,
    `  exit ${notShared}`,
    'fi',
    ...options.setup,
    `exec ${words.map(quoted).join(' ')}`,
    '',
  ].join('\n');
}
