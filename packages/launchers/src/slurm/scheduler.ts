import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import type { CommandLine } from '../child';
import { runProgram } from '../programs';
import type { Order, Scheduler } from '../scheduler';
import type { SlurmOptions } from '../schema';
import { jobName, type Submission, type SubmissionRecord, writeSubmission } from '../submission';
import { accounted, slurm, slurmQueue } from './queue';
import { batchScript } from './script';

/** Answers after which asking again helps. */
const busy =
  /timed out|temporarily unable|try again|unable to contact|connection refused|slurm_persist|socket/i;
/** Milliseconds before asking again, each time twice as long. */
const firstPause = 2000;
const asksAtMost = 6;

/** Tasks of an array at most, by the cluster's `MaxArraySize`: the largest index is one less. */
async function largestArray(): Promise<number> {
  const { out } = await slurm('scontrol', ['show', 'config']);
  const found = /^MaxArraySize\s*=\s*(\d+)/m.exec(out)?.[1];
  return Math.max(1, Number(found ?? 1001));
}

/** Cuts a list into as few parts of about one size as a limit allows. */
export function evenly<Item>(items: readonly Item[], limit: number): Item[][] {
  const parts = Math.ceil(items.length / limit);
  return Array.from({ length: parts }, (_, part) =>
    items.slice(Math.floor((part * items.length) / parts), Math.floor(((part + 1) * items.length) / parts)),
  );
}

function refused(said: string): OverparamError {
  return new OverparamError(
    'launcher-refused',
    `Slurm takes no job with these options: ${said || 'sbatch gave no reason'}. Look at the block "launcher" of the config; ` +
      '"sinfo" lists partitions, "sacctmgr show assoc" accounts.',
  );
}

/** Submits a script, again where Slurm is busy. */
async function sbatch(
  script: string,
  given: readonly string[],
  { signal, onNote }: Pick<Order, 'signal' | 'onNote'>,
): Promise<string> {
  for (let asked = 1; ; asked++) {
    const { code, out, said } = await slurm('sbatch', given, script);
    if (code === 0) return out.trim();
    if (!busy.test(said) || asked === asksAtMost) throw refused(said);
    const pause = firstPause * 2 ** (asked - 1);
    onNote(`Slurm is busy (${said}); it is asked again in ${pause / 1000} s.`);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted)
      throw new OverparamError('interrupted', 'Stopped before all runs were submitted; --resume goes on.');
  }
}

function recordOf(
  options: SlurmOptions,
  {
    runs,
    dataDir,
    command,
    extraArguments = [],
  }: Pick<Order, 'runs' | 'dataDir' | 'command' | 'extraArguments'>,
): Omit<SubmissionRecord, 'version' | 'id'> {
  const { timeoutMin, signalDelayS, maxNumTimeout } = options;
  const tasks = runs.map(({ label, seed, configFile, folder }) => ({ label, seed, configFile, folder }));
  return {
    launcher: 'slurm',
    command: { file: command.file, prefix: [...command.prefix] },
    dataDir,
    extraArguments: [...extraArguments],
    timeoutSeconds: timeoutMin * 60,
    signalDelayS,
    maxNumTimeout,
    tasks,
  };
}

/** Job arrays of Slurm. */
export function slurmScheduler(options: SlurmOptions): Scheduler {
  const check = async (command: CommandLine) => {
    const task = { label: '', seed: '0', configFile: '', folder: '' };
    const record = recordOf(options, { runs: [task], dataDir: '', command });
    const tried: Submission = { ...record, version: 1, id: 'check', folder: '/' };
    const { code, said } = await slurm('sbatch', ['--test-only'], batchScript(tried, options, command, 1));
    if (code !== 0 && !busy.test(said)) throw refused(said);
  };
  return {
    name: 'slurm',
    options,
    queue: slurmQueue,
    watches: () => true,
    check,
    accounted,
    async submit(order) {
      const parts = evenly(order.runs, await largestArray());
      const atOnce = Math.max(1, Math.floor(options.arrayParallelism / parts.length));
      const made: Submission[] = [];
      for (const runs of parts) {
        const submission = await writeSubmission(order.out, recordOf(options, { ...order, runs }));
        const script = batchScript(submission, options, order.command, atOnce);
        const file = join(submission.folder, 'batch.sh');
        await writeFileAtomic(file, script);
        try {
          const job = await sbatch(script, ['--parsable'], order);
          await writeFileAtomic(join(submission.folder, 'job'), `${job}\n`);
          order.onNote(
            `${runs.length} ${runs.length === 1 ? 'run is' : 'runs are'} job ${job.split(';')[0]} of Slurm, ${jobName(submission.id)}.`,
          );
        } catch (error) {
          await rm(submission.folder, { recursive: true, force: true });
          throw error;
        }
        made.push(submission);
      }
      return made;
    },
    async release(job) {
      await runProgram('scontrol', ['release', job]);
    },
    async cancel(job) {
      await runProgram('scancel', [job]);
    },
    howToStop: (ids) => `scancel ${ids.map((id) => `--name=${jobName(id)}`).join('; scancel ')}`,
  };
}
