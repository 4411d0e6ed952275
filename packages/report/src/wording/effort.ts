import type { Effort } from '../comparison/records';
import type { RowSummary } from '../comparison/summary';
import { counted, countText, listed, mostAndOthers } from './numbers';

const keys = ['epochs', 'batch', 'updates', 'trainImages'] as const satisfies readonly (keyof Effort)[];

/** What rows spend differently: nothing where all trained for the same epochs, batches, updates and images. */
export function differingEffort(rows: readonly Effort[]): (typeof keys)[number][] {
  return keys.filter((key) => rows.some((row) => row[key] !== rows[0]![key]));
}

/** Rows that spent the same, together, in their order. */
function groupsOf(rows: readonly RowSummary[]): RowSummary[][] {
  const groups = new Map<string, RowSummary[]>();
  for (const row of rows) {
    const key = keys.map((name) => row[name]).join();
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

/**
 * `12 epochs of batch 64 (468 gradient evaluations each)`, with `; but Tuned: 6 epochs ...` for rows that differ from most;
 * training images are part of it only where they differ.
 */
export function effortText(rows: readonly RowSummary[]): string {
  const ofImages = trainImagesOf(rows) === null;
  const text = ({ epochs, batch, updates, trainImages }: Effort) => {
    const images = ofImages ? ` on ${counted(trainImages, 'training image')}` : '';
    return `${counted(epochs, 'epoch')} of batch ${batch}${images} (${counted(updates, 'gradient evaluation')} each)`;
  };
  return mostAndOthers(
    groupsOf(rows),
    ([first]) => text(first!),
    (group) => `${listed(group.map(({ label }) => label))}: ${text(group[0]!)}`,
  );
}

/** How many images all rows train on; null where they differ, or there are none. */
export function trainImagesOf(rows: readonly Effort[]): number | null {
  const [first] = rows;
  return !first || differingEffort(rows).includes('trainImages') ? null : first.trainImages;
}

/** What a comparison of the rows as they were trained means. */
export function fairnessText(rows: readonly RowSummary[], departures: readonly string[]): string {
  const start = 'With one seed all rows start from the same plain weights where the method can';
  const but = departures.length > 0 ? ', but for what the departures change' : '';
  if (differingEffort(rows).length > 0) {
    return `${start}${but}. They do not spend the same: epochs, batches, gradient evaluations or images are each row's own, so figures compare what each came to with its own.`;
  }
  return `${start}, see the same images in the same order, and spend the same number of gradient evaluations${but}.`;
}

/** Columns of what rows spend differently; none where they spend the same. */
export const effortColumns = {
  epochs: 'epochs',
  batch: 'batch',
  updates: 'updates',
  trainImages: 'images',
} as const satisfies Record<keyof Effort, string>;

/** A cell of {@link effortColumns}. */
export function effortCell(row: Effort, key: keyof Effort): string {
  return countText(row[key]);
}
