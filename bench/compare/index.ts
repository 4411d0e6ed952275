import { note } from '../note';
import { peerPython } from '../setup.mjs';
import { compileAhead } from './compile-ahead';
import { type ReportRow, reportRows, rowText } from './report';
import { againstCheckout, chooseRows, nameOf, rows } from './rows';
import { runRow } from './run-row';

/** What is compared, and how. */
export interface CompareOptions {
  /** Every row, not only those with floors. */
  readonly all: boolean;
  /** Part of a row's name, `*` standing for anything; null for no choice. */
  readonly only: string | null;
  /** How often the sides take turns. */
  readonly turns: number;
  /** Folder of another checkout of this project to compare with, in place of other libraries; null for none. */
  readonly against: string | null;
  /** Nothing on standard output until the end. */
  readonly json: boolean;
}

/** An option that no row fits. */
export class NoSuchRow extends Error {}

/**
 * Trains and runs networks here and elsewhere in turns, and says who is faster.
 *
 * @throws NoSuchRow, PeerSetupError
 */
export async function compare(options: CompareOptions): Promise<{ readonly rows: readonly ReportRow[] }> {
  const { against } = options;
  const asked = chooseRows(options.all, options.only);
  const chosen = against === null ? asked : againstCheckout(asked);
  if (chosen.length === 0) {
    throw new NoSuchRow(
      `No row's name has '${options.only}' in it. There are:\n${rows.map((row) => `  ${nameOf(row)}`).join('\n')}`,
    );
  }
  const results: ReportRow[] = [];
  if (against === null) await compileAhead(chosen, peerPython, note);
  for (const row of chosen) {
    const about = (text: string) => note(`${nameOf(row)}: ${text}`);
    const result = await runRow(row, {
      turns: options.turns,
      python: peerPython,
      checkout: against,
      note: about,
    });
    note('');
    results.push(...reportRows(result));
    const text = rowText(result);
    if (!options.json) console.log(`${text}\n`);
    if (options.json && result.disturbance > 0.1) {
      console.error(`${nameOf(row)}: other processes disturbed it; do not rely on its figures.`);
    }
    for (const { name, reason } of options.json ? result.missing : []) {
      console.error(`${nameOf(row)}: ${name} was not measured. ${reason}`);
    }
  }
  return { rows: results };
}
