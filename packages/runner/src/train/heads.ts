import { deeplabHead, pooledHead, segnetHead } from '@overparam/backbones';
import { type Head, nearest } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import type { RunConfig } from '../config/schema';

/** Heads that a config can name. */
const heads = {
  segnet: segnetHead,
  deeplab: deeplabHead(),
  pooled: pooledHead,
} as const satisfies Readonly<Record<string, Head>>;

/** A head that a config can name. */
export type HeadName = keyof typeof heads;

/** Names of the heads. */
export const headNames = Object.keys(heads) as readonly HeadName[];

/**
 * The head that a config gives a task; null for the backbone's own.
 *
 * @throws OverparamError `unknown-head`
 */
export function headFor(given: RunConfig['heads'], task: string): Head | null {
  const name = typeof given === 'string' ? given : given?.[task];
  if (name === undefined || name === null) return null;
  const known = headNames.find((head) => head === name);
  if (known) return heads[known];
  const guess = nearest(name, headNames);
  throw new OverparamError(
    'unknown-head',
    `heads: there is no head "${name}". ${guess ? `Did you mean "${guess}"?` : `There are ${headNames.join(', ')}.`}`,
  );
}
