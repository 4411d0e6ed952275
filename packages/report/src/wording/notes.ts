import type { ComparisonResult, RowSummary } from '../comparison/summary';

/** Whether a row has a run that finished, and so figures. */
export function isMeasured({ seeds }: RowSummary): boolean {
  return seeds.length > 0;
}

/** What the column of relative improvement means; empty without references. */
export function improvementText({ rows, obtained: { improvement } }: ComparisonResult): string {
  const references = rows.filter(({ kind }) => kind === 'reference');
  if (references.length === 0) return '';
  const { name, formula, usedBy, direction } = improvement;
  if (rows.some(({ improvements }) => typeof improvements[name]?.mean === 'number')) {
    return `${name}, in percent: ${formula}, against the single-task networks; ${direction} is better (${usedBy}).`;
  }
  const why = references.every(isMeasured)
    ? 'a figure that it needs is missing'
    : 'the single-task networks did not all finish';
  return `No relative improvement (${name}): ${why}.`;
}

/** What the rows' costs are the sums of; empty where there is one task. */
export function networksText({ rows, obtained: { metrics } }: ComparisonResult): string {
  const several = rows.filter(({ deployNetworks }) => (deployNetworks ?? 1) > 1);
  if (several.length === 0) {
    const tasks = new Set(metrics.map(({ task }) => task)).size;
    return tasks > 1 ? 'Every row deploys one network for all tasks.' : '';
  }
  const names = several.map(({ label, deployNetworks }) => `${label} (${deployNetworks})`).join(', ');
  return `Rows that deploy a network for each task: ${names}; parameters and multiply-adds are of all of them, so compare figures with costs in mind. Every other row deploys one network.`;
}

/** Runs that did not finish, one line each. */
export function failureTexts(rows: readonly RowSummary[]): string[] {
  return rows.flatMap(({ label, failures }) =>
    failures.map(({ seed, message }) => `${label}, seed ${seed}: ${message}`),
  );
}
