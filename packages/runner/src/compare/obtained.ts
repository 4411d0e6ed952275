import { choiceText, type ResolvedComparison, recipeDifferences, recipeText } from '@overparam/config';
import type { EngineInfo } from '@overparam/engine';
import { improvementDefinitions } from '@overparam/mtl-heads';
import type { Improvement, Obtained } from '@overparam/report';
import type { Planned } from './prepare';

/** What each control is of, and what it does. */
function controlTexts({ rows, controls }: Pick<ResolvedComparison, 'rows' | 'controls'>): string[] {
  return controls.flatMap((found, row) =>
    found ? [`${rows[row]!.label}: ${found.control.summary} (${rows[found.of]!.label})`] : [],
  );
}

function improvementNamed(given: string): Improvement {
  const { name, direction, formula, usedBy } = improvementDefinitions[given]!;
  return { name, direction, formula, usedBy };
}

/** How a comparison obtains its numbers. */
export function obtainedFrom(
  { title, rows, seeds, improvement, projection, sweep, controls }: ResolvedComparison,
  planned: Planned,
  machine: { readonly engine: EngineInfo } & Pick<Obtained, 'runsAtOnce' | 'cores' | 'scheduler'>,
): Obtained {
  const first = rows[0]!;
  const { threads } = first.engine;
  const keys = Object.keys(sweep?.sweep.over ?? {});
  return {
    title,
    seeds: seeds.map(String),
    recipe: recipeText(first, planned.tasks.length, keys),
    recipeDifferences: [...recipeDifferences(rows, keys), ...controlTexts({ rows, controls })],
    backbone: choiceText('backbone', first.backbone),
    dataset: choiceText('dataset', first.dataset),
    provenance: planned.provenance,
    testImages: planned.testImages,
    metrics: planned.metrics,
    improvement: improvementNamed(improvement),
    classNames: Object.fromEntries(
      planned.tasks.flatMap(({ name, classes }) => (classes ? [[name, classes]] : [])),
    ),
    engine: threads
      ? `${machine.engine.description}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
      : machine.engine.description,
    projection: projection ?? null,
    runsAtOnce: machine.runsAtOnce,
    cores: machine.cores,
    ...(machine.scheduler !== undefined && { scheduler: machine.scheduler }),
  };
}
