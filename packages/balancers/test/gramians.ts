import { foldKey, type Key, keyFromSeed, randomNormal, randomUniform } from '@overparam/engine';
import { dot, gramianOf } from './gradients';

/** Gradients of some tasks that are hard to balance, and losses. */
export interface HardProblem {
  readonly seed: number;
  readonly index: number;
  /** How the gradients lie, and how long they are. */
  readonly title: string;
  readonly gradients: readonly (readonly number[])[];
  readonly losses: readonly number[];
  /** Inner products in doubles. */
  readonly gramian: readonly (readonly number[])[];
  /** Products with gradients on a second batch, which are up to as far from these as these are long. */
  readonly crossGramian: readonly (readonly number[])[];
  readonly key: Key;
}

const layouts = [
  'at random',
  'nearly singular',
  'a zero gradient',
  'identical',
  'opposing',
  'cancelling',
  'nearly cancelling',
  'on one line',
] as const;

const scalings = ['as they are', 'scaled as one', 'scaled one by one'] as const;

const parameters = 12;

/** The `index`-th problem of a seed: 2 to 5 tasks, every layout in every scaling, from 1e-6 to 1e6 in length. */
export function hardProblem(seed: number, index: number): HardProblem {
  const key = foldKey(foldKey(keyFromSeed(seed), 'gramians'), index);
  const layout = layouts[index % layouts.length]!;
  const scaling = scalings[Math.floor(index / layouts.length) % scalings.length]!;
  const tasks = 2 + (Math.floor(index / (layouts.length * scalings.length)) % 4);
  const draw = uniforms(foldKey(key, 'draws'));
  const random = Array.from({ length: tasks }, (_, task) =>
    Array.from(randomNormal(foldKey(foldKey(key, 'gradient'), task), parameters)),
  );
  const laidOut = layOut(layout, random, draw);
  const whole = 10 ** (12 * draw() - 6);
  const gradients = laidOut.map((row) => {
    const own = 10 ** (12 * draw() - 6);
    const factor = { 'as they are': 1, 'scaled as one': whole, 'scaled one by one': own }[scaling];
    return row.map((value) => value * factor);
  });
  const losses = gradients.map(() => 10 ** (4 * draw() - 3));
  const far = draw();
  const second = gradients.map((row, task) => {
    const noise = randomNormal(foldKey(foldKey(key, 'second'), task), parameters);
    const size = (far * Math.sqrt(dot(row, row))) / Math.sqrt(parameters);
    return row.map((value, k) => value + size * noise[k]!);
  });
  const crossGramian = gradients.map((a) => second.map((b) => dot(a, b)));
  const title = `seed ${seed}, problem ${index}: ${tasks} gradients ${layout}, ${scaling}`;
  return { seed, index, title, gradients, losses, gramian: gramianOf(gradients), crossGramian, key };
}

/**
 * The problems of a run of the tests: 200 of one seed, or as many as `GRAMIANS` says, of the seed `SEED`. Failures name
 * both.
 */
export function hardProblems(): HardProblem[] {
  const { GRAMIANS = '200', SEED = '1' } = process.env;
  if (GRAMIANS !== '200') console.info(`${GRAMIANS} Gramians of the seed ${SEED}`);
  return Array.from({ length: Number(GRAMIANS) }, (_, index) => hardProblem(Number(SEED), index));
}

/** Lengths of the gradients. */
export function lengthsOf({ gradients }: Pick<HardProblem, 'gradients'>): number[] {
  return gradients.map((row) => Math.sqrt(dot(row, row)));
}

function layOut(
  layout: (typeof layouts)[number],
  random: readonly (readonly number[])[],
  draw: () => number,
): number[][] {
  const rows = random.map((row) => [...row]);
  const last = rows.length - 1;
  /** All but the last, with positive factors. */
  const sum = () => {
    const factors = rows.slice(0, last).map(() => 0.2 + draw());
    return rows[0]!.map((_, k) =>
      factors.reduce((total, factor, task) => total + factor * rows[task]![k]!, 0),
    );
  };
  const noise = 10 ** (-2 - 10 * draw());
  const noisy = (row: readonly number[], size: number) =>
    row.map((value, k) => value + size * random[last]![k]!);
  switch (layout) {
    case 'nearly singular':
      rows[last] = noisy(sum(), noise);
      break;
    case 'a zero gradient':
      rows[last] = rows[last]!.map(() => 0);
      break;
    case 'identical':
      rows[last] = [...rows[0]!];
      break;
    case 'opposing':
      rows[last] = rows[0]!.map((value) => -value);
      break;
    case 'cancelling':
      rows[last] = sum().map((value) => -value);
      break;
    case 'nearly cancelling':
      rows[last] = noisy(sum(), noise).map((value) => -value);
      break;
    case 'on one line':
      return rows.map(() => {
        const factor = (draw() < 0.5 ? -1 : 1) * (0.2 + draw());
        return rows[0]!.map((value) => value * factor);
      });
  }
  return rows;
}

/** Numbers from 0 to 1, one after the other. */
function uniforms(key: Key): () => number {
  const values = randomUniform(key, 64);
  let next = 0;
  return () => values[next++]!;
}
