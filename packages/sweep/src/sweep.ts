import { OverparamError } from '@overparam/errors';
import type { Range, SweepConfig } from './schema';

/** A seed: a whole number, or a decimal string beyond 2^53. */
export type Seed = number | string;

/** How settings are found. */
export type Strategy =
  | { readonly name: 'grid' }
  | { readonly name: 'random'; readonly settings: number; readonly seed: Seed }
  | {
      readonly name: 'halving';
      readonly factor: number;
      /** Null for as many as settings and epochs allow. */
      readonly rungs: number | null;
      /** Null for every combination. */
      readonly settings: number | null;
      readonly seed: Seed;
    };

/** What is tried, by the path of a key. */
export type Over = Readonly<Record<string, readonly unknown[] | Range>>;

/** A sweep with every default filled in. */
export interface Sweep {
  readonly over: Over;
  readonly strategy: Strategy;
  readonly seeds: readonly Seed[];
  readonly validation: { readonly share: number; readonly seed: Seed };
  /** Of a run that chooses; null for the row's own. */
  readonly epochs: number | null;
  /** How a grid grows; `most` is 0 where it does not. */
  readonly grow: { readonly most: number; readonly scale: 'geometric' | 'arithmetic' | null };
}

/** Whether values are drawn from a range. */
export function isRange(values: readonly unknown[] | Range): values is Range {
  return !Array.isArray(values);
}

function refuse(text: string): OverparamError {
  return new OverparamError('invalid-sweep', `sweep: ${text}`);
}

function completeStrategy(given: SweepConfig['strategy']): Strategy {
  const strategy = typeof given === 'string' ? { name: given } : (given ?? { name: 'grid' as const });
  if (strategy.name === 'grid') return { name: 'grid' };
  if (strategy.name === 'halving') {
    return { factor: 3, rungs: null, settings: null, seed: 0, ...strategy } as Strategy;
  }
  if (!('settings' in strategy)) {
    throw refuse(
      'strategy: random needs to know how many settings it draws. Write { name: random, settings: 12 }.',
    );
  }
  return { seed: 0, ...strategy } as Strategy;
}

function checkValues(key: string, values: Over[string], { name }: Strategy, drawn: boolean): void {
  if (!isRange(values)) {
    const texts = values.map((value) => JSON.stringify(value));
    const twice = texts.find((text, at) => texts.indexOf(text) !== at);
    if (twice !== undefined) throw refuse(`over.${key}: ${twice} stands twice. Leave one of them out.`);
    if (values.length >= 2) return;
    throw refuse(
      `over.${key}: ${values.length === 1 ? `${texts[0]} alone is` : 'no value is'} no choice; expected at least two values. Give more, or set ${key} in the config and leave it out here.`,
    );
  }
  if (!drawn) {
    const way = name === 'grid' ? 'a grid' : 'halving without `settings`';
    throw refuse(
      `over.${key}: ${way} takes lists of values, and this is a range. List the values, or draw them: strategy: { name: ${name === 'grid' ? 'random' : name}, settings: 12 }.`,
    );
  }
  if (!(values.from < values.to) || (values.scale === 'log' && values.from <= 0)) {
    throw refuse(
      `over.${key}: expected \`from\` below \`to\`${values.scale === 'log' ? ', both above 0 on a log scale' : ''}, and got ${values.from} and ${values.to}.`,
    );
  }
}

/** The seed after the largest of some. */
function seedAfter(seeds: readonly Seed[]): Seed {
  const ordered = seeds.map((seed) => BigInt(seed)).sort((a, b) => (a < b ? -1 : 1));
  const largest = ordered.at(-1) ?? 0n;
  const next = largest + 1n < 1n << 64n ? largest + 1n : 0n;
  return next <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(next) : String(next);
}

/**
 * A sweep with its defaults: a grid that grows by at most two values a key, tried on one seed that the comparison does not
 * have, by a tenth of the training images.
 *
 * @param seeds  of the comparison, which trains what was chosen
 * @throws OverparamError `invalid-sweep`
 */
export function completeSweep(given: SweepConfig, seeds: readonly Seed[]): Sweep {
  const strategy = completeStrategy(given.strategy);
  const over = Object.fromEntries(
    Object.entries(given.over).map(([key, values]): [string, Over[string]] => [
      key,
      Array.isArray(values)
        ? values
        : ({ scale: 'log', integer: false, ...(values as Partial<Range>) } as Range),
    ]),
  );
  if (Object.keys(over).length === 0) {
    throw refuse(
      'over: there is nothing to choose among. Give a key with its values, such as lr: [0.03, 0.1, 0.3].',
    );
  }
  const drawn = strategy.name !== 'grid' && strategy.settings !== null;
  for (const [key, values] of Object.entries(over)) checkValues(key, values, strategy, drawn);
  if ('epochs' in over && given.epochs !== undefined) {
    throw refuse(
      'epochs: they are chosen among under `over`, so they cannot be set for the runs that choose. Leave one of the two out.',
    );
  }
  if ('epochs' in over && strategy.name === 'halving') {
    throw refuse('over.epochs: halving decides how long runs are. Take another strategy, or another key.');
  }
  if (given.grow !== undefined && given.grow.most > 0 && strategy.name !== 'grid') {
    throw refuse(
      `grow: only a grid has edges to grow at, and the strategy is ${strategy.name}. Leave \`grow\` out.`,
    );
  }
  const own = given.seeds ?? [seedAfter(seeds)];
  const shared = own.filter((seed) => seeds.some((other) => BigInt(other) === BigInt(seed)));
  if (shared.length > 0) {
    throw refuse(
      `seeds: ${shared.join(', ')} ${shared.length === 1 ? 'is' : 'are'} of the comparison too, whose runs must not have been chosen by. Give others, such as ${seedAfter([...seeds, ...own])}.`,
    );
  }
  if (new Set(own.map((seed) => BigInt(seed))).size < own.length) {
    throw refuse(`seeds: each seed may stand once; got ${own.join(', ')}.`);
  }
  return {
    over,
    strategy,
    seeds: own,
    validation: { share: 0.1, seed: 0, ...given.validation },
    epochs: given.epochs ?? null,
    grow: {
      most: strategy.name === 'grid' ? (given.grow?.most ?? 2) : 0,
      scale: given.grow?.scale ?? null,
    },
  };
}
