import { OverparamError } from '@overparam/errors';
import { isMissing, type Ran, runProgram } from '../programs';
import { type Queue, type QueuedTask, taskKey } from '../queue';
import { jobName } from '../submission';

const waiting = ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'];
const running = [
  'RUNNING',
  'COMPLETING',
  'CONFIGURING',
  'SUSPENDED',
  'STOPPED',
  'SIGNALING',
  'STAGE_OUT',
  'RESIZING',
];

function stateOf(word: string): QueuedTask['state'] {
  if (waiting.includes(word)) return 'waiting';
  return running.includes(word) ? 'running' : 'ended';
}

/**
 * Runs a program of Slurm.
 *
 * @throws OverparamError `launcher-missing` where it is not installed, `scheduler-failed` with its own words
 */
export async function slurm(program: string, given: readonly string[], input = ''): Promise<Ran> {
  try {
    return await runProgram(program, given, { input });
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new OverparamError(
      'launcher-missing',
      `The launcher slurm needs Slurm's programs, and "${program}" was not found. Start the comparison on a machine that jobs ` +
        'are submitted from, or leave out --launcher to use this machine.',
      { cause: error },
    );
  }
}

/** An answer of Slurm. @throws OverparamError `scheduler-failed` */
export function answered({ code, out, said }: Ran, program: string): string {
  if (code === 0) return out;
  throw new OverparamError(
    'scheduler-failed',
    `Slurm's ${program} says: ${said || `nothing, and ended with ${code}`}`,
  );
}

/** Asks the controller; of tasks that it has forgotten, the accounts, where the cluster keeps them. */
export const slurmQueue: Queue = {
  async ask(ids) {
    const names = ids.map(jobName).join(',');
    const found = new Map<string, QueuedTask>();
    const take = (line: string) => {
      const [name = '', index = '', word = '', node = '', array = '', ...reason] = line.split('|');
      const id = name.slice(jobName('').length);
      if (!/^\d+$/.test(index)) return;
      const key = taskKey(id, Number(index));
      const task = { state: stateOf(word), word, node, job: `${array}_${index}`, reason: reason.join('|') };
      // A task that was cancelled and one that runs may go by one name only while it is queued again.
      if (found.get(key)?.state === 'running') return;
      found.set(key, task);
    };
    const format = '%j|%K|%T|%N|%F|%r';
    const asked = ['--noheader', '--array', '--states=all', `--name=${names}`, `--format=${format}`];
    for (const line of answered(await slurm('squeue', asked), 'squeue').split('\n')) take(line);
    return found;
  },
};

/** How a task ended, from the accounts; empty where the cluster keeps none. */
export async function accounted(id: string, index: number): Promise<string> {
  const given = ['--noheader', '--parsable2', '--allocations', `--name=${jobName(id)}`];
  const ran = await runProgram('sacct', [
    ...given,
    '--starttime=now-7days',
    '--format=JobID,State,ExitCode,NodeList',
  ]).catch(() => null);
  if (ran?.code !== 0) return '';
  const line = ran.out.split('\n').findLast((each) => each.split('|')[0]!.endsWith(`_${index}`));
  const [, state = '', exit = '', node = ''] = line?.split('|') ?? [];
  return line === undefined ? '' : `${state}, exit code ${exit}, on ${node}`;
}
