import { OverparamError } from '@overparam/errors';
import { drawSettings } from './draw';
import { type Direction, ranked } from './judge';
import { combinations } from './setting';
import type { Over, Strategy } from './sweep';
import type { Trial, Tried } from './trial';

type Halving = Extract<Strategy, { name: 'halving' }>;

/** The largest whole power of `base` that is at most `value`, as its exponent. */
function wholeLog(value: number, base: number): number {
  let exponent = 0;
  for (let power = base; power <= value; power *= base) exponent += 1;
  return exponent;
}

/**
 * How long runs are on each rung: the last as long as asked for, each of the others a `factor`-th of the next, and at least one
 * epoch.
 *
 * @param settings  that begin
 * @param epochs    of the last rung
 * @throws OverparamError `invalid-sweep` where there is no room for two rungs
 */
export function rungEpochs({ factor, rungs }: Halving, settings: number, epochs: number): number[] {
  const possible = 1 + Math.min(wholeLog(settings, factor), wholeLog(epochs, factor));
  const count = rungs ?? possible;
  if (count < 2 || count > possible) {
    throw new OverparamError(
      'invalid-sweep',
      `sweep: strategy: halving of ${settings} settings and ${epochs} epochs by ${factor} has room for ${possible} ${possible === 1 ? 'rung' : 'rungs'}${rungs === null ? ', and needs 2' : `, and ${rungs} were asked for`}. Try more settings, train longer, or take a smaller factor.`,
    );
  }
  return Array.from({ length: count }, (_, rung) =>
    Math.max(1, Math.round(epochs / factor ** (count - 1 - rung))),
  );
}

/**
 * What successive halving tries next: all settings for a short time, then the best of each rung, one of `factor`, for longer.
 * Every run begins anew, with a schedule of its own length. Nothing where it is done.
 *
 * @param epochs  of the last rung
 */
export function nextOfHalving(
  strategy: Halving,
  over: Over,
  epochs: number,
  tried: readonly Tried[],
  directions: readonly Direction[],
): Trial[] {
  const first =
    strategy.settings === null
      ? combinations(over as Readonly<Record<string, readonly unknown[]>>)
      : drawSettings(over, strategy.settings, strategy.seed);
  const lengths = rungEpochs(strategy, first.length, epochs);
  if (tried.length === 0) return first.map((setting) => ({ setting, epochs: lengths[0]!, rung: 0 }));
  const rung = Math.max(...tried.map((one) => one.rung));
  const last = tried.filter((one) => one.rung === rung);
  if (rung + 1 === lengths.length) return [];
  const kept = ranked(last, directions, over)
    .slice(0, Math.ceil(last.length / strategy.factor))
    .filter(({ figures }) => figures !== null);
  return kept.map(({ setting }) => ({ setting, epochs: lengths[rung + 1]!, rung: rung + 1 }));
}
