import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeSlurm } from '../../packages/launchers/test/support/fake-slurm';

/** What can happen to tasks and nodes. */
export type Blow = 'preempt' | 'requeue' | 'crash' | 'node';

/** A cluster whose programs are on the PATH of this process, and of those that it starts. */
export interface Cluster {
  /** Blows that it knows. */
  readonly blows: readonly Blow[];
  /** Strikes one of the tasks that run, by a number from 0 to 1; false where none does. */
  strike(blow: Blow, which: number): Promise<boolean>;
  end(): Promise<void>;
}

function printed(program: string, ...given: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, given, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${given.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** A Slurm of this host with three nodes. @throws what is missing, in words */
export async function realCluster(folder: string): Promise<Cluster> {
  const { killNode, startNode, startSlurm, stopSlurm } = await import('../../scripts/slurm.mjs');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.env.SLURM_CONF = await startSlurm(folder);
  return {
    blows: ['preempt', 'requeue', 'crash', 'node'],
    async strike(blow, which) {
      const lines = printed('squeue', '--noheader', '--array', '--states=RUNNING', '--format=%F_%K %N')
        .trim()
        .split('\n');
      const [job = '', node = ''] = lines[Math.floor(which * lines.length)]!.split(' ');
      if (job === '') return false;
      // A task may end before it is struck.
      if (blow === 'preempt') spawnSync('scancel', ['--signal=TERM', '--batch', job]);
      else if (blow === 'crash') spawnSync('scancel', ['--signal=KILL', '--batch', job]);
      else if (blow === 'requeue') spawnSync('scontrol', ['requeue', job]);
      else {
        killNode(folder, node);
        // Longer than Slurm waits before it gives a node up.
        await sleep(12_000);
        startNode(folder, node);
      }
      return true;
    },
    end: () => stopSlurm(folder),
  };
}

/** Programs that stand in for Slurm's, where it is not installed. */
export async function fakeCluster(folder: string): Promise<Cluster> {
  rmSync(folder, { recursive: true, force: true });
  const slurm = await fakeSlurm(folder);
  await slurm.set({});
  const wishes = { preempt: 'TERM', requeue: 'requeue', crash: 'KILL' } as const;
  return {
    blows: ['preempt', 'requeue', 'crash'],
    async strike(blow, which) {
      const running = (await slurm.tasks()).filter(({ state }) => state === 'RUNNING');
      const task = running[Math.floor(which * running.length)];
      if (task === undefined || blow === 'node') return false;
      await slurm.wish(task.job, wishes[blow]);
      return true;
    },
    end: () => slurm.end(),
  };
}
