import { defaults, type ResolvedComparison, type RunConfig } from '@overparam/config';
import type { RowRecord } from '@overparam/report';
import type { PlannedRow } from './prepare';

/** A row before its runs. */
export type RowDescription = Omit<RowRecord, 'runs' | 'failures'>;

/**
 * The row that the others are measured against: of the network as it is, which is what a config without a method and a
 * routine trains; under another routine where that has no row, and -1 where there is none at all. A control is none.
 */
export function baselineIndex(
  rows: readonly Pick<RunConfig, 'method' | 'routine'>[],
  controls: ResolvedComparison['controls'] = [],
): number {
  const plain = ({ method }: Pick<RunConfig, 'method'>, row: number) =>
    method.name === defaults.method && !controls[row];
  const joint = rows.findIndex((row, index) => plain(row, index) && row.routine.name === defaults.routine);
  return joint >= 0 ? joint : rows.findIndex(plain);
}

/**
 * What each row is and spends: the comparison's rows, then its references.
 *
 * @param planned   of rows and references, in this order
 * @param controls  by row; none where left out
 */
export function describeRows(
  rows: readonly RunConfig[],
  references: readonly RunConfig[],
  planned: readonly PlannedRow[],
  controls: ResolvedComparison['controls'] = [],
): RowDescription[] {
  const baseline = baselineIndex(rows, controls);
  return [...rows, ...references].map(({ label, method, routine, evaluation, epochs, batch }, index) => ({
    label,
    method: method.name,
    routine: routine.name,
    kind: index >= rows.length ? 'reference' : index === baseline ? 'baseline' : 'row',
    evaluation,
    epochs,
    batch,
    ...planned[index]!,
  }));
}
