import { OverparamError } from '@overparam/errors';
import fc from 'fast-check';
import type { Family } from './case';
import { checkCase, type Mode } from './check';

/** Which cases are run, and how. */
export interface LayerRun {
  readonly families: readonly Family[];
  readonly mode: Mode;
  readonly seed: number;
  /** The first case's number, and the number after the last one's. */
  readonly from: number;
  readonly to: number;
}

/** A case that is wrong. */
export interface Failure {
  readonly index: number;
  readonly family: string;
  readonly message: string;
  readonly parameters: unknown;
  /** The smallest parameters found that still fail, and what they say. */
  readonly smallest: { readonly parameters: unknown; readonly message: string };
}

/** What a run came to. */
export interface LayerReport {
  readonly cases: number;
  /** How many cases had their gradients compared. */
  readonly gradients: number;
  readonly failures: readonly Failure[];
  /** Cases that were refused by name, by family and reason. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** The family of a case, by its number: each gets its share in every stretch of cases. */
function familyOf(families: readonly Family[], index: number): Family {
  const turns = families.flatMap((family) => Array.from({ length: family.weight }, () => family));
  return turns[index % turns.length]!;
}

/** A number for each case, of the run's seed and its own (the finaliser of MurmurHash3, by A. Appleby, public domain). */
function mixed(seed: number, index: number): number {
  let word = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/** Of three cases one has its gradients compared too. */
const withGradients = (own: number) => own % 3 === 0;

/**
 * Runs cases on the current engine. A case follows from the seed and its number alone, so that any can be run again by
 * itself.
 *
 * @param told  called after each case with how many are done
 */
export function runLayers(
  { families, mode, seed, from, to }: LayerRun,
  told: (done: number, failure: Failure | null) => void = () => {},
): LayerReport {
  const failures: Failure[] = [];
  const refusals = new Map<string, number>();
  let gradients = 0;
  for (let index = from; index < to; index++) {
    const family = familyOf(families, index);
    const own = mixed(seed, index);
    let first: { readonly parameters: unknown; readonly message: string | null } | null = null;
    const property = fc.property(fc.noBias(family.parameters), (parameters) => {
      let message: string | null = null;
      try {
        const compared = checkCase(family.build(parameters), mode, withGradients(own), own);
        if (first === null) gradients += Number(compared);
      } catch (error) {
        const refusal = refusalOf(error);
        message = refusal === null ? messageOf(error) : null;
        if (refusal === null) throw error;
        const key = `${family.name}: ${refusal}`;
        if (first === null) refusals.set(key, (refusals.get(key) ?? 0) + 1);
      } finally {
        first ??= { parameters, message };
      }
    });
    const details = fc.check(property, { seed: own, numRuns: 1 });
    let failure: Failure | null = null;
    if (details.failed) {
      const { parameters, message } = first as unknown as { parameters: unknown; message: string };
      const smallest = { parameters: details.counterexample?.[0], message: messageOf(details.errorInstance) };
      failure = { index, family: family.name, parameters, message, smallest };
      failures.push(failure);
    }
    told(index - from + 1, failure);
  }
  return { cases: to - from, gradients, failures, refusals };
}

const messageOf = (error: unknown) => String((error as Error)?.message ?? error);

/** What tfjs itself refuses before any engine is asked. */
const refusedByTfjs: readonly (readonly [RegExp, string])[] = [
  [/in gradient of fused conv2D: dilation rates greater than 1/, 'tfjs has no gradient of it with dilation'],
  [
    /in gradient of fused depthwiseConv2d: dilation rates greater than 1/,
    'tfjs has no gradient of it with dilation',
  ],
];

/** What an engine, or tfjs, refused; null where an error is no refusal. */
function refusalOf(error: unknown): string | null {
  if (error instanceof OverparamError) return error.code;
  return refusedByTfjs.find(([pattern]) => pattern.test(messageOf(error)))?.[1] ?? null;
}
