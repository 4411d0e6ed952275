import { headChoice, type RunConfig } from '@overparam/config';

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
