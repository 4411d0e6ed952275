import type { Obtained, RowRecord } from '../../src';
import { sampleTasks } from './sample-tasks';

/** A made-up comparison of three tasks with 200 epochs, 8 rows and 5 seeds: the most that a page has to carry. */
export function sampleLarge(): { readonly records: RowRecord[]; readonly obtained: Obtained } {
  const { records, obtained } = sampleTasks(5);
  const [first] = records;
  const rows = Array.from({ length: 8 }, (_, row): RowRecord => {
    const runs = first!.runs.map((run, seed) => ({
      ...run,
      curve: Array.from({ length: 200 }, (_, epoch) => {
        const { train, test, ...rest } = run.curve[0]!;
        // Digits that no two values share, as those of real runs.
        const factor = 0.4 + Math.exp(-epoch / 60) + 0.03 * Math.sin(epoch * (1.7 + seed) + row);
        const scaled = JSON.parse(
          JSON.stringify({ train, test }, (_key, value) =>
            typeof value === 'number' ? value * factor : value,
          ),
        ) as Pick<(typeof run.curve)[0] & object, 'train' | 'test'>;
        return { ...rest, ...scaled, epoch: epoch + 1, update: 6 * (epoch + 1) };
      }),
    }));
    return {
      ...first!,
      label: row === 0 ? 'Baseline' : `Method ${row}`,
      method: row === 0 ? 'plain' : 'trirep',
      kind: row === 0 ? 'baseline' : 'row',
      epochs: 200,
      runs,
    };
  });
  return { records: rows, obtained: { ...obtained, title: 'Eight methods, 200 epochs' } };
}
