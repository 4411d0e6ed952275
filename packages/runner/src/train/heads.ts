import { deeplabHead, pooledHead, segnetHead } from '@overparam/backbones';
import { type Head, nearest } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import type { RunConfig } from '../config/schema';

/** Heads that a config can name. */
const heads: Readonly<Record<string, Head>> = {
  segnet: segnetHead,
  deeplab: deeplabHead(),
  pooled: pooledHead,
};

/**
 * The head that a config gives a task; null for the backbone's own.
 *
 * @throws OverparamError `unknown-head`
 */
export function headFor(given: RunConfig['heads'], task: string): Head | null {
  const name = typeof given === 'string' ? given : given?.[task];
  if (name === undefined || name === null) return null;
  const head = Object.hasOwn(heads, name) ? heads[name] : undefined;
  if (head) return head;
  const known = Object.keys(heads);
  const guess = nearest(name, known);
  throw new OverparamError(
    'unknown-head',
    `heads: there is no head "${name}". ${guess ? `Did you mean "${guess}"?` : `There are ${known.join(', ')}.`}`,
  );
}
