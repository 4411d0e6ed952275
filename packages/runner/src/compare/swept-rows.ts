import type { ResolvedComparison, RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import type { Over } from '@overparam/sweep';
import type { SweptRow } from './choose';
import type { EqualCompute } from './controls';
import type { Planned } from './prepare';
import { referenceRows } from './references';

/** Keys that weigh tasks against each other, and mean nothing where there is one. */
function weighsTasks(key: string): boolean {
  return ['balancer', 'gradients'].includes(key.split('.')[0]!);
}

/** The keys that matter to a row of so many tasks. */
function mattering(over: Over, tasks: number): Over {
  return Object.fromEntries(Object.entries(over).filter(([key]) => tasks > 1 || !weighsTasks(key)));
}

/**
 * The rows that a sweep has something to choose for, the single-task references last.
 *
 * @param references  one a task
 * @param adjust      a row's config with a setting, with what else follows for it
 * @throws OverparamError `invalid-sweep` for a key that matters to no row
 */
export function sweptRows(
  { rows, sweep, reference }: ResolvedComparison,
  references: readonly RunConfig[],
  { tasks, metrics }: Pick<Planned, 'tasks' | 'metrics'>,
  adjust: EqualCompute['adjust'],
): SweptRow[] {
  if (sweep === null) return [];
  const names = tasks.map(({ name }) => name);
  const rowOf = (
    config: RunConfig,
    index: number,
    over: Over,
    configWith: SweptRow['configWith'],
  ): SweptRow => {
    const own = config.tasks ?? names;
    return {
      index,
      config,
      over: mattering(over, own.length),
      metrics: metrics.filter(({ task }) => own.includes(task)),
      configWith,
    };
  };
  const all = [
    ...rows.map((config, index) =>
      rowOf(config, index, sweep.rows[index]!, async (setting) =>
        adjust(index, await sweep.rowWith(index, setting)),
      ),
    ),
    ...(reference === null ? [] : references).map((config, at) =>
      rowOf(config, rows.length + at, sweep.reference, async (setting) => {
        const changed = await sweep.rowWith('reference', setting);
        return referenceRows(changed, tasks)[at]!;
      }),
    ),
  ];
  const idle = Object.keys(sweep.sweep.over).find((key) => all.every(({ over }) => !(key in over)));
  if (idle !== undefined) {
    throw new OverparamError(
      'invalid-sweep',
      `sweep: over.${idle} matters to no row: each has one task, and nothing to weigh. Leave it out.`,
    );
  }
  return all.filter(({ over }) => Object.keys(over).length > 0);
}
