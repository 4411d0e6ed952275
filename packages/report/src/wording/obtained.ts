import type { Obtained } from '../comparison/records';
import type { ComparisonResult } from '../comparison/summary';
import { shownChoices } from './choices';
import { effortText, trainImagesOf } from './effort';
import { counted, countText, listed } from './numbers';

/** `10 classes`, or `13 classes of segmentation` where there are several tasks; nothing for tasks without classes. */
function classTexts({ classNames, metrics }: Obtained): string[] {
  const several = new Set(metrics.map(({ task }) => task)).size > 1;
  return Object.entries(classNames).map(
    ([task, names]) => `${counted(names.length, 'class', 'classes')}${several ? ` of ${task}` : ''}`,
  );
}

/** One line on how the numbers were obtained. */
export function obtainedText({ rows, obtained }: ComparisonResult): string {
  const trainImages = trainImagesOf(rows);
  const images = [
    ...(trainImages === null ? [] : [counted(trainImages, 'training image')]),
    counted(obtained.testImages, 'test image'),
    ...classTexts(obtained),
  ];
  return [
    `${counted(obtained.seeds.length, 'seed')} (${obtained.seeds.join(', ')})`,
    effortText(rows),
    obtained.recipe,
    [`${obtained.backbone} on ${obtained.dataset}`, ...images].join(', '),
    `engine ${obtained.engine}`,
    ...(obtained.recipeDifferences.length > 0
      ? [`rows with settings of their own: ${obtained.recipeDifferences.join(', ')}`]
      : []),
  ]
    .filter((text) => text !== '')
    .join('; ');
}

/** What was run, as a paragraph. */
export function ranText(result: ComparisonResult): string {
  const { rows, obtained } = result;
  const compared = rows.filter(({ kind }) => kind !== 'reference');
  const names = listed(compared.map(({ label }) => label));
  const seeds =
    obtained.seeds.length === 1
      ? `seed ${obtained.seeds[0]}`
      : `${obtained.seeds.length} seeds (${obtained.seeds.join(', ')})`;
  const own =
    obtained.recipeDifferences.length > 0
      ? ` Rows with settings of their own: ${obtained.recipeDifferences.join('; ')}.`
      : '';
  const single = rows.some(({ kind }) => kind === 'reference')
    ? ' A network for each task alone was trained to measure improvement against.'
    : '';
  return `${counted(compared.length, 'row')} trained a ${obtained.backbone} on ${obtained.dataset} with ${seeds}: ${names}. Each run: ${effortText(rows)}, ${obtained.recipe}. Images: ${imagesText(result)}. Engine: ${obtained.engine}.${own}${single}`;
}

/** How many images there are, and of what. */
export function imagesText({ rows, obtained }: ComparisonResult): string {
  const trainImages = trainImagesOf(rows);
  return [
    ...(trainImages === null ? [] : [`${countText(trainImages)} for training`]),
    `${countText(obtained.testImages)} for testing`,
    ...classTexts(obtained),
  ].join(', ');
}

/** Whose figures the tables show, as to collapse. */
export function testedText({ rows }: ComparisonResult): string {
  const chosen = shownChoices(rows);
  const trained =
    'figures of the network as it was trained; the collapsed one was checked against it after the last epoch.';
  if (!chosen.includes('last')) return `F${trained.slice(1)}`;
  if (chosen.length > 1)
    return `Where a row's figures are not those of its last epoch, ${trained} Others are of the collapsed network, after that check.`;
  return 'Figures of the collapsed network, after it was checked against the trained one.';
}

/** What the time per epoch means; runs that share a machine slow each other down. */
export function timeNote({ obtained: { runsAtOnce, cores } }: ComparisonResult): string {
  return runsAtOnce > 1
    ? `Time per epoch was taken while up to ${runsAtOnce} runs shared the machine (${counted(cores, 'core')}): compare it within this table only.`
    : 'Time per epoch was taken with one run at a time on the machine.';
}

/** What the projected times are of; empty for none. */
export function projectionNote({ rows, obtained: { projection } }: ComparisonResult): string {
  if (projection === null || rows.every(({ projectedSeconds }) => projectedSeconds === null)) return '';
  return `Projected from the time per epoch, without evaluation, for ${counted(projection.epochs, 'epoch')} of ${counted(projection.images, 'image')}.`;
}
