import { headChoice } from '../config/heads';
import type { RunConfig } from '../config/schema';
import type { FigureSpec, RowRecord, SeedRun } from './record';
import { mean } from './statistics';

/** A single-task row for each task. */
export function referenceRows(
  reference: RunConfig | null,
  tasks: readonly { readonly name: string }[],
): RunConfig[] {
  if (reference === null) return [];
  return tasks.map(({ name }) => ({
    ...reference,
    tasks: [name],
    heads: headChoice(reference.heads, name),
    label: `Single task: ${name}`,
  }));
}

/** Figures of the single-task networks, means over the seeds, by `task/figure`; null where one has none. */
export function referenceFigures(
  references: readonly RowRecord[],
  metrics: readonly FigureSpec[],
): Readonly<Record<string, number>> | null {
  const figures: Record<string, number> = {};
  for (const { figure } of metrics) {
    const values = references.flatMap(({ runs }) => runs.flatMap((run) => run.figures[figure] ?? []));
    if (values.length === 0) return null;
    figures[figure] = mean(values);
  }
  return figures;
}

const sumOf = (runs: readonly SeedRun[], what: (run: SeedRun) => number) =>
  runs.reduce((sum, run) => sum + what(run), 0);

/** The single-task networks of each seed as if they were one run: figures of each, costs of all. Null for none. */
export function combinedReference(references: readonly RowRecord[]): RowRecord | null {
  const first = references[0];
  if (!first) return null;
  const seeds = first.runs
    .map(({ seed }) => seed)
    .filter((seed) => references.every(({ runs }) => runs.some((run) => run.seed === seed)));
  const runs = seeds.map((seed): SeedRun => {
    const own = references.map((row) => row.runs.find((run) => run.seed === seed)!);
    const choice = (name: 'last' | 'meanOfLast' | 'best') =>
      own.every(({ choices }) => choices[name] !== null)
        ? Object.assign({}, ...own.map(({ choices }) => choices[name]))
        : null;
    return {
      ...own[0]!,
      seed,
      top1Error: null,
      figures: Object.assign({}, ...own.map(({ figures }) => figures)),
      choices: { last: choice('last'), meanOfLast: choice('meanOfLast'), best: choice('best') },
      classes: own.flatMap(({ classes }) => classes),
      trainParameters: sumOf(own, (run) => run.trainParameters),
      deployParameters: sumOf(own, (run) => run.deployParameters),
      deployMultiplyAdds: sumOf(own, (run) => run.deployMultiplyAdds),
      deployNetworks: sumOf(own, (run) => run.deployNetworks),
      secondsPerEpoch: sumOf(own, (run) => run.secondsPerEpoch),
      collapseGap: Math.max(...own.map((run) => run.collapseGap)),
      curve: [],
      layers: [],
    };
  });
  const failures = references.flatMap((row) => row.failures);
  return { label: 'Single tasks', method: first.method, routine: first.routine, runs, failures };
}
