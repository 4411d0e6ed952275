import { columns } from '@overparam/terminal';
import { nameOf } from './rows';
import type { Measured, RowResult } from './run-row';
import { spreadOf } from './statistics';

/** One comparison with one peer, as `--json` gives it. */
export interface ReportRow {
  readonly model: string;
  readonly method: string;
  readonly batch: number;
  readonly mode: string;
  /** Images a second, medians over the turns. */
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  /** ours / peer: above 1, ours is faster. */
  readonly ratio: number;
  /** Peak memory, ours / peer's. */
  readonly memoryRatio: number;
}

function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}

/** A row's figures, one entry a peer. */
export function reportRows({ row, ours, peers }: RowResult): ReportRow[] {
  const { model, method, batch, mode } = row;
  return peers.map((peer) => ({
    model,
    method,
    batch,
    mode,
    ours: rounded(ours.speed.median),
    peer: rounded(peer.speed.median),
    peerName: peer.name,
    ratio: rounded(ours.speed.median / peer.speed.median),
    memoryRatio: rounded(ours.memory / peer.memory),
  }));
}

function speedCells({ name, speed: { median, low, high }, memory }: Measured): string[] {
  const text = (speed: number) => speed.toFixed(speed < 10 ? 2 : 1);
  const range = `images/s (${text(low)} to ${text(high)})`;
  return [`  ${name}`, text(median), range, `${(memory / 2 ** 30).toFixed(2)} GiB`];
}

/** A row for a person: medians with their range over the turns, peak memory, and ratios. */
export function rowText(result: RowResult): string {
  const { row, ours, peers, missing, disturbance } = result;
  const entries = reportRows(result);
  const cells = peers.map((peer, index) => {
    const { low, high } = spreadOf(ours.turns.map((speed, turn) => speed / peer.turns[turn]!));
    const { ratio, memoryRatio } = entries[index]!;
    const range = `(${low.toFixed(2)} to ${high.toFixed(2)} in one turn)`;
    return [...speedCells(peer), `ratio ${ratio.toFixed(2)} ${range}, memory ${memoryRatio.toFixed(2)}`];
  });
  const speeds = columns([speedCells(ours), ...cells], [false, true, false, true]);
  const absent = missing.map(({ name, reason }) => `  ${name}: not measured. ${reason}`);
  const loud =
    disturbance > 0.1
      ? [
          `  Do not rely on these: other processes used up to ${(100 * disturbance).toFixed(0)} % of the machine.`,
        ]
      : [];
  return [nameOf(row), speeds, ...absent, ...loud].join('\n');
}
