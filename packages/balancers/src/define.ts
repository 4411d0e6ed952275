import type {
  Averaging,
  Balancer,
  BalancerInputs,
  BalancerNeed,
  BalancerProperties,
  BalancerSetup,
  BalancerState,
  OptionsSchema,
} from '@overparam/plugin';
import * as z from 'zod';
import { type ByTask, fitsTasks, inOrder, ofMeanOne } from './preference';
import { consistent, type Matrix, squaredLength, submatrix } from './solvers/matrix';

/** One update's numbers, of the present tasks only. */
export interface Problem<State> extends Pick<BalancerInputs, 'update' | 'epoch' | 'key'> {
  /** Places of the present tasks among all, ascending. */
  readonly indices: readonly number[];
  readonly losses: readonly number[];
  /** Empty where it is not needed; a gradient of no length has products of 0 alone. */
  readonly gramian: Matrix;
  /** As above, of this batch's gradients with the other batch's; see `secondBatch`. */
  readonly crossGramian: Matrix;
  /** How much each task is to count, of mean 1: ones where no `preference` is given. */
  readonly preference: readonly number[];
  /** Of all tasks. */
  readonly state: State;
}

/** Numbers of the present tasks. */
export interface Solution<State> {
  readonly weights: readonly number[];
  /** The weights where left out. */
  readonly heads?: readonly number[];
  /** Unchanged where left out. */
  readonly state?: State;
}

/** What a balancer's file says; the rest, an option `preference` included, is the same for all. */
export interface Definition<Options, State extends BalancerState> {
  readonly name: string;
  readonly summary: string;
  readonly source?: Balancer<Options>['source'];
  readonly options: OptionsSchema<Options>;
  readonly needs?: (options: Options) => readonly BalancerNeed[];
  readonly supports?: (setup: BalancerSetup, options: Options) => true | string;
  readonly properties: (options: Options) => BalancerProperties;
  readonly initialise?: (tasks: readonly string[], options: Options) => State;
  readonly averaging?: (update: number, options: Options) => Averaging;
  readonly elementFactors?: Balancer<Options>['elementFactors'];
  /** Never called without a present task or with numbers that are not finite. */
  readonly solve: (problem: Problem<State>, options: Options) => Solution<State>;
  readonly afterStep?: (
    before: readonly number[],
    after: readonly number[],
    indices: readonly number[],
    state: State,
    options: Options,
  ) => State;
}

const places = (present: readonly boolean[]) => present.flatMap((there, task) => (there ? [task] : []));

/** `values` at `indices` of `count` numbers, 0 elsewhere. */
function spread(values: readonly number[], indices: readonly number[], count: number): number[] {
  const all = new Array<number>(count).fill(0);
  indices.forEach((task, place) => {
    all[task] = values[place]!;
  });
  return all;
}

/** The `preference` among options, for balancers that have it. */
const preferenceIn = (options: unknown) => (options as { readonly preference?: ByTask }).preference;

/** Where a state keeps the preference, whose names only the beginning of a run knows. */
type Preferring = { readonly preference?: readonly number[] };

/**
 * Makes a balancer of its definition: takes absent tasks out and puts them back as 0, and answers numbers
 * that are not finite with NaN, the state unchanged.
 */
export function defineBalancer<Options, State extends BalancerState = Record<string, never>>(
  definition: Definition<Options, State>,
): Balancer<Options> {
  const { name, summary, source, options, solve, afterStep } = definition;
  return {
    apiVersion: 1,
    name,
    summary,
    ...(source && { source }),
    options,
    needs: definition.needs ?? (() => []),
    supports(setup, given) {
      const preference = preferenceIn(given);
      const fits = preference === undefined || fitsTasks('preference', preference, setup.tasks);
      return fits === true ? (definition.supports?.(setup, given) ?? true) : fits;
    },
    properties(given) {
      const declared = definition.properties(given);
      const byPlace = Array.isArray(preferenceIn(given));
      return byPlace ? { ...declared, symmetric: false } : declared;
    },
    initialise(tasks, given) {
      const preference = preferenceIn(given);
      const state = definition.initialise?.(tasks, given) ?? {};
      return preference === undefined ? state : { ...state, preference: inOrder(preference, tasks) };
    },
    averaging: definition.averaging,
    elementFactors: definition.elementFactors,
    weights({ losses, gramian = [], crossGramian = [], ...rest }, present, state, given) {
      const indices = places(present);
      const { preference } = state as Preferring;
      const answer = (values: readonly number[]) => spread(values, indices, present.length);
      const problem = {
        ...rest,
        indices,
        losses: indices.map((task) => losses[task]!),
        gramian: gramian.length > 0 ? consistent(submatrix(gramian, indices)) : [],
        crossGramian: crossGramian.length > 0 ? submatrix(crossGramian, indices) : [],
        preference: preference ? ofMeanOne(indices.map((task) => preference[task]!)) : indices.map(() => 1),
        state: state as State,
      };
      const numbers = [problem.losses, ...problem.gramian, ...problem.crossGramian].flat();
      if (!numbers.every(Number.isFinite)) {
        const unknown = answer(indices.map(() => Number.NaN));
        return { weights: unknown, heads: unknown, state };
      }
      if (indices.length === 0) return { weights: answer([]), heads: answer([]), state };
      const { weights, heads = weights, state: next = state } = solve(problem, given);
      const kept = preference && next !== state ? { ...next, preference } : next;
      return { weights: answer(weights), heads: answer(heads), state: kept };
    },
    afterStep:
      afterStep &&
      ((before, after, present, state, given) => {
        const indices = places(present);
        const numbers = indices.flatMap((task) => [before[task]!, after[task]!]);
        if (indices.length === 0 || !numbers.every(Number.isFinite)) return state;
        const { preference } = state as Preferring;
        const next = afterStep(before, after, indices, state as State, given);
        return preference ? { ...next, preference } : next;
      }),
  };
}

/** What a task's own parameters receive: its loss as it is, or times the task's weight. */
export const headsOption = (published: 'weighted' | 'unweighted') =>
  z
    .enum(['weighted', 'unweighted'])
    .default(published)
    .describe("What a task's own parameters receive: its loss as it is, or times its weight.");

/** Factors of the losses for the heads, as {@link headsOption} says. */
export function headsOf(option: 'weighted' | 'unweighted', weights: readonly number[]): readonly number[] {
  return option === 'weighted' ? weights : weights.map(() => 1);
}

/** The longest shared gradient that a balancer gives; published code clips it. */
export const maxLengthOption = z
  .number()
  .positive()
  .nullable()
  .default(1)
  .describe('Longest shared gradient, longer ones are shortened to it; null for no limit.');

/** Weights whose sum of gradients is at most `maxLength` long. */
export function shortened(gramian: Matrix, weights: readonly number[], maxLength: number | null): number[] {
  const length = Math.sqrt(squaredLength(gramian, weights));
  const factor = maxLength !== null && length > maxLength ? maxLength / length : 1;
  return weights.map((weight) => weight * factor);
}

/** `values` with those at `indices` replaced. */
export function replaced(
  values: readonly number[],
  indices: readonly number[],
  replacements: readonly number[],
): number[] {
  const all = [...values];
  indices.forEach((task, place) => {
    all[task] = replacements[place]!;
  });
  return all;
}
