import { nearest, OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';

/** What a value must be: whether it is, and in words. */
export interface Kind {
  readonly words: string;
  fits(value: unknown): boolean;
}

const kind = (words: string, fits: (value: unknown) => boolean): Kind => ({ words, fits });

/** Whether a value is an object with entries, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/** The kinds of values that options have. */
export const kinds = {
  anything: kind('anything', () => true),
  flag: kind('true or false', (value) => typeof value === 'boolean'),
  callback: kind('a function', (value) => typeof value === 'function'),
  text: kind('a text that is not empty', isText),
  texts: kind(
    'a list of texts',
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  ),
  positive: kind(
    'a number above 0',
    (value) => typeof value === 'number' && value > 0 && Number.isFinite(value),
  ),
  notNegative: kind(
    'a number of 0 or more',
    (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
  ),
  key: kind(
    'a key, as keyFromSeed(1) gives it',
    (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isInteger),
  ),
  tensors: kind(
    'a tensor, or a list with one for each input',
    (value) =>
      value instanceof tf.Tensor ||
      (Array.isArray(value) && value.length > 0 && value.every((one) => one instanceof tf.Tensor)),
  ),
  oneOf: (...values: readonly string[]) =>
    kind(`one of ${values.map((value) => `"${value}"`).join(', ')}`, (value) =>
      values.includes(value as string),
    ),
} as const;

/**
 * Checks options that may have been written in JavaScript, where no compiler has checked them: every key is known, and
 * its value of the right kind. Options that are undefined count as left out.
 *
 * @param where     what they are the options of, such as `expand`
 * @param required  keys that must be there
 * @throws OverparamError `invalid-options`
 */
export function checkKeys(
  where: string,
  given: unknown,
  known: Readonly<Record<string, Kind>>,
  required: readonly string[] = [],
): void {
  if (!isRecord(given)) {
    throw invalid(
      `${where}: options must be an object with ${Object.keys(known).join(', ')}; got ${shown(given)}.`,
    );
  }
  for (const [key, value] of Object.entries(given)) {
    const expected = known[key];
    if (!expected) {
      const near = nearest(key, Object.keys(known));
      const hint = near ? `did you mean "${near}"?` : `expected one of ${Object.keys(known).join(', ')}`;
      throw invalid(`${where}: unknown option "${key}" (${hint}).`);
    }
    if (value !== undefined && !expected.fits(value))
      throw invalid(`${where}: option "${key}" must be ${expected.words}; got ${shown(value)}.`);
  }
  for (const key of required) {
    if (given[key] === undefined)
      throw invalid(`${where}: option "${key}" is missing; expected ${known[key]!.words}.`);
  }
}

/**
 * Checks that a network is one.
 *
 * @throws OverparamError `invalid-options`
 */
export function checkModel(where: string, name: string, given: unknown): void {
  if (given instanceof tf.LayersModel) {
    if (given.outputs.length === 0)
      throw invalid(`${where}: ${name} "${given.name}" has no layers. Add some first.`);
    return;
  }
  const hint = given instanceof tf.GraphModel ? '; a graph model has no layers that could be replaced' : '';
  throw invalid(
    `${where}: ${name} must be a tf.LayersModel, as tf.model, tf.sequential or tf.loadLayersModel give it${hint}; ` +
      `got ${shown(given)}.`,
  );
}

/** The error for options that are wrong. */
export function invalid(message: string): OverparamError {
  return new OverparamError('invalid-options', message);
}

/** A value, for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof tf.Tensor) return 'a tensor';
  if (typeof value === 'function') return 'a function';
  if (value instanceof Promise) return 'a promise; await it first';
  return typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? String(value));
}
