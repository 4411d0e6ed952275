import { OverparamError } from '@overparam/errors';
import type { z } from 'zod';

/**
 * Parses JSON of a run folder.
 *
 * @param where  the file as the user knows it
 * @throws OverparamError `run-damaged`
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw damaged(where, 'it is not JSON', cause);
  }
}

/**
 * A value as it is, once it is found to be what a schema says.
 *
 * @throws OverparamError `run-damaged`
 */
export function checkedRecord<Value>(schema: z.ZodType<Value>, value: unknown, where: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return value as Value;
  const { path, message } = result.error.issues[0]!;
  throw damaged(where, `${path.join('.') || 'the whole'}: ${message}`);
}

/** The error for a file of a run folder that is not as it was written. */
export function damaged(where: string, what: string, cause?: unknown): OverparamError {
  return new OverparamError(
    'run-damaged',
    `${where}: ${what}. The file was changed or damaged after it was written. Take another copy of the run, or train it again: what a checkpoint holds is written anew by overparam train --resume.`,
    { cause },
  );
}
