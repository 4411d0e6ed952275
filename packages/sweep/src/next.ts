import { drawSettings } from './draw';
import { edgesOf, type Growth, growthOf, nextOfGrid } from './grid';
import { nextOfHalving } from './halving';
import { bestOf, type Direction } from './judge';
import type { Setting } from './setting';
import type { Over, Sweep } from './sweep';
import type { Trial, Tried } from './trial';

/** A row whose settings are tried. */
export interface SweptRow {
  /** What is tried: those keys of the sweep that matter to the row. */
  readonly over: Over;
  /** That the row trains for. */
  readonly epochs: number;
  /** Of the figures that it is judged by, one a task. */
  readonly directions: readonly Direction[];
}

/**
 * What a sweep tries next on a row, given what it has tried: a pure function, so that a sweep which was stopped goes on as if
 * it never had been. Nothing where it is done.
 *
 * @param tried  with what it came to, in any order
 * @throws OverparamError `invalid-sweep`
 * @example
 * for (let next = nextTrials(sweep, row, []); next.length > 0; next = nextTrials(sweep, row, tried)) {
 *   for (const trial of next) tried.push({ ...trial, figures: await measure(trial), failure: null });
 * }
 */
export function nextTrials(
  sweep: Sweep,
  { over, epochs, directions }: SweptRow,
  tried: readonly Tried[],
): Trial[] {
  const { strategy } = sweep;
  if (strategy.name === 'grid') return nextOfGrid(sweep, over, tried, directions);
  if (strategy.name === 'halving') {
    return nextOfHalving(strategy, over, sweep.epochs ?? epochs, tried, directions);
  }
  if (tried.length > 0) return [];
  return drawSettings(over, strategy.settings, strategy.seed).map((setting) => ({
    setting,
    epochs: sweep.epochs,
    rung: 0,
  }));
}

/** What a sweep chose for a row. */
export interface Choice {
  /** Null where every setting failed. */
  readonly setting: Setting | null;
  /** Validation figures of that setting, one a task. */
  readonly figures: readonly number[] | null;
  /** What the keys of a grid gained. */
  readonly grown: readonly Growth[];
  /** Keys of a grid in which what was chosen still lies on the edge. */
  readonly edges: readonly { readonly key: string; readonly side: 'low' | 'high' }[];
}

/**
 * What is chosen among all that was tried: the best, and of equally good ones the one with the smaller values. Of halving only
 * the longest runs count.
 */
export function choose(sweep: Sweep, { over, directions }: SweptRow, tried: readonly Tried[]): Choice {
  const isGrid = sweep.strategy.name === 'grid';
  const rung = Math.max(...tried.map((one) => one.rung));
  // Where all of a later rung failed, those of the one before it have figures.
  const rungs = Array.from({ length: rung + 1 }, (_, at) => tried.filter((one) => one.rung === rung - at));
  const best = rungs.map((own) => bestOf(own, directions, over)).find((found) => found !== null) ?? null;
  return {
    setting: best?.setting ?? null,
    figures: best?.figures ?? null,
    grown: isGrid ? growthOf(over, tried) : [],
    edges: isGrid && best ? edgesOf(over, tried, best.setting) : [],
  };
}
