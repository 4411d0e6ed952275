import type { Obtained } from './record';
import type { RowSummary, Standing } from './summary';
import { comparesTasks } from './task-summary';

const minus = '\u2212';
/** What stands in a cell that has no figure. */
export const absent = '-';

/** `+1.20`, `−0.40`: percentage points with their sign, two digits. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(2);
  if (Number(digits) === 0) return '0.00';
  return `${value < 0 ? minus : '+'}${digits}`;
}

/** `61.40 ± 0.82`, or `61.40` with one seed. */
export function errorText(row: RowSummary): string {
  const { mean, sd } = row.top1Error;
  if (mean === null) return 'failed';
  return sd === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${sd.toFixed(2)}`;
}

/** `−1.30 [−2.00, −0.60]`; with one seed there is no interval and so no claim. */
export function differenceText(row: RowSummary): string {
  const interval = row.difference;
  if (interval === null) return absent;
  return `${signed(interval.mean)} [${signed(interval.low)}, ${signed(interval.high)}]`;
}

const standings: Readonly<Record<Standing, string>> = {
  baseline: 'baseline',
  better: 'better',
  worse: 'worse',
  undecided: 'undecided',
  lower: 'lower',
  higher: 'higher',
  equal: 'equal',
  unknown: absent,
};

/** The verdict on a row in words; one seed's sign comes with its size, as there is no interval to show it. */
export function standingText(row: RowSummary): string {
  const word = standings[row.standing];
  const sign = row.standing === 'lower' || row.standing === 'higher';
  return sign && row.meanDifference !== null ? `${word} by ${Math.abs(row.meanDifference).toFixed(2)}` : word;
}

/** `1,234,567` */
export function countText(value: number | null): string {
  return value === null ? absent : value.toLocaleString('en-US');
}

/** `0.42 s`, `12.3 s`, `4.1 min`. */
export function secondsText(value: number | null): string {
  if (value === null) return absent;
  if (value >= 120) return `${(value / 60).toFixed(1)} min`;
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** `2.1e-6`; `0` for no gap at all. */
export function gapText(value: number | null): string {
  if (value === null) return absent;
  return value === 0 ? '0' : value.toExponential(1);
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** One line on how the numbers were obtained. */
export function obtainedText(obtained: Obtained): string {
  return [
    `${counted(obtained.seeds.length, 'seed')} (${obtained.seeds.join(', ')})`,
    `${counted(obtained.epochs, 'epoch')} of batch ${obtained.batch} (${counted(obtained.gradientEvaluations, 'gradient evaluation')} each)`,
    obtained.recipe,
    `${obtained.backbone} on ${obtained.dataset}, ${counted(obtained.trainImages, 'training image')}, ${counted(obtained.testImages, 'test image')}${comparesTasks(obtained) ? '' : `, ${counted(obtained.classes, 'class', 'classes')}`}`,
    `engine ${obtained.engine}`,
    ...(obtained.recipeDifferences.length > 0
      ? [`rows with settings of their own: ${obtained.recipeDifferences.join(', ')}`]
      : []),
  ].join('; ');
}

/** What the time per epoch means; runs that share a machine slow each other down. */
export function timeNote(obtained: Obtained): string {
  return obtained.runsAtOnce > 1
    ? `Time per epoch was taken while up to ${obtained.runsAtOnce} runs shared the machine (${counted(obtained.cores, 'core')}): compare it within this table only.`
    : 'Time per epoch was taken with one run at a time on the machine.';
}

/** `3.1 hours`, `12.4 days`. */
function longTimeText(seconds: number): string {
  const hours = seconds / 3600;
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
}

/** How long each row would take in the longer run that the config names, at the measured rate; empty for none. */
export function projectionNote(rows: readonly RowSummary[], obtained: Obtained): string {
  const { projection, trainImages } = obtained;
  if (projection === null) return '';
  const factor = projection.epochs * (projection.images / trainImages);
  const times = rows.flatMap(({ label, secondsPerEpoch }) =>
    secondsPerEpoch === null ? [] : [`${label} ${longTimeText(secondsPerEpoch * factor)}`],
  );
  return `Projected from the time per epoch, without evaluation, for ${counted(projection.epochs, 'epoch')} of ${counted(projection.images, 'image')}: ${times.join(', ')}.`;
}

/** What the last column can and cannot say, given the number of seeds. */
export function standingNote(rows: readonly RowSummary[], obtained: Obtained): string {
  if (rows.every((row) => row.standing !== 'baseline')) {
    return 'No row has the method plain, so there is no baseline to compare with.';
  }
  return obtained.seeds.length > 1
    ? 'Differences are paired by seed, in percentage points, with the 95 % interval; undecided means that the interval holds zero.'
    : 'One seed allows no interval: lower and higher than the baseline are what this seed showed, and may be chance.';
}

/** Rows that came out worse than the baseline, named as such; empty where none did. */
export function losersText(rows: readonly RowSummary[]): string {
  const losers = rows.filter((row) => row.standing === 'worse' || row.standing === 'higher');
  if (losers.length === 0) return '';
  const names = losers.map((row) => `${row.label} by ${Math.abs(row.meanDifference ?? 0).toFixed(2)}`);
  return `Behind the baseline: ${names.join(', ')}.`;
}
