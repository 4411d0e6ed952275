import type { Chosen, ChosenRow, Obtained, RowRecord, TriedSetting } from '../../src';
import { sampleComparison } from './sample-comparison';

const rates = [0.03, 0.1, 0.3, 0.9, 2.7];

const errorOf = ({ figures }: TriedSetting) => figures?.class?.top1Error ?? Number.POSITIVE_INFINITY;

/** A row that is best at a rate; of the highest rates that are tried, the last one failed. */
function chosenRow(label: string, offset: number, best: number, tried: readonly number[]): ChosenRow {
  const settings = tried.map((lr): TriedSetting => {
    const failed = lr > 2;
    const top1Error = 50 + offset + 12 * Math.log10(lr / best) ** 2;
    return {
      setting: { lr },
      epochs: 4,
      rung: 0,
      figures: failed ? null : { class: { top1Error } },
      failure: failed ? 'The loss became NaN at update 40.' : null,
    };
  });
  const winner = settings.reduce((one, other) => (errorOf(other) < errorOf(one) ? other : one));
  return {
    label,
    setting: winner.setting,
    figures: winner.figures,
    tried: settings,
    grown: tried.length > 3 ? [{ key: 'lr', added: tried.slice(3) }] : [],
    edges: winner.setting.lr === tried.at(-1) ? [{ key: 'lr', side: 'high' }] : [],
    cost: { runs: tried.length, updates: tried.length * 140, seconds: tried.length * 400 },
  };
}

/** The made-up comparison of the poster's seven rows, whose rates were chosen. */
export function sampleSweep(seeds: number): {
  readonly records: RowRecord[];
  readonly obtained: Obtained;
  readonly chosen: Chosen;
} {
  const { records, obtained } = sampleComparison(seeds);
  const rows = records.map(({ label }, at) =>
    chosenRow(label, at, [0.3, 0.1, 0.9][at % 3]!, rates.slice(0, at % 3 === 2 ? (at === 2 ? 5 : 4) : 3)),
  );
  const validation = { share: 0.1, seed: '0' };
  return { records, obtained, chosen: { rows, strategy: 'grid', seeds: ['7'], validation } };
}
