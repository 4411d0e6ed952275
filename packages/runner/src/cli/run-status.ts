import { type RunStatus, statusOf } from '@overparam/launchers';
import { readRunResult } from '@overparam/saved-runs';
import { columns } from '@overparam/terminal';
import { runsIn } from '../compare/runs-in';
import { savedUpdates } from '../compare/train-runs';
import type { Output } from './output';

const order: readonly RunStatus['state'][] = [
  'finished',
  'running',
  'waiting',
  'stopped',
  'failed',
  'not begun',
];

function line({ label, seed, state, updates, job, node, reason, log }: RunStatus): [string, string] {
  const place = [job && `job ${job}`, node && `on ${node}`].filter((text) => text !== '').join(' ');
  const parts = [
    state,
    ...(updates !== null && state !== 'finished' ? [`${updates} updates saved`] : []),
    ...(place !== '' && state !== 'finished' ? [place] : []),
    ...(reason !== '' && reason !== 'None' ? [reason] : []),
    ...(state === 'failed' && log !== null ? [`log ${log}`] : []),
  ];
  return [`${label}, seed ${seed}`, parts.join('; ')];
}

/**
 * What `overparam compare --status` does: says what became of each run of a comparison, from its folder and the schedulers
 * that runs were handed to.
 *
 * @returns the exit code: 0, or 1 where a run has failed
 * @throws OverparamError `no-comparison`
 */
export async function runStatus(out: string, output: Output): Promise<number> {
  const runs = await runsIn(out);
  const found = await statusOf(runs, {
    out,
    isFinished: async (run) => (await readRunResult(runs[run]!.folder).catch(() => null)) !== null,
    savedUpdates: (run) => savedUpdates(runs[run]!.folder),
    onNote: (text) => output.say(text),
  });
  const counts = order.flatMap((state) => {
    const count = found.filter((run) => run.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  output.result(
    { out, runs: found },
    `${columns(found.map(line))}\n${found.length} ${found.length === 1 ? 'run' : 'runs'}: ${counts.join(', ')}`,
  );
  return found.some(({ state }) => state === 'failed') ? 1 : 0;
}
