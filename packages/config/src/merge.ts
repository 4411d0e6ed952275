import type { RunLayer } from './schema';

/** Keys whose short form stands for one field of an object. */
const shorthand: Readonly<Record<string, string>> = {
  method: 'name',
  routine: 'name',
  backbone: 'name',
  dataset: 'name',
  balancer: 'name',
  regulariser: 'name',
  optimiser: 'name',
  engine: 'name',
  launcher: 'name',
  lr: 'peak',
  weightDecay: 'coefficient',
  clip: 'limit',
  earlyStopping: 'patience',
  mix: 'by',
};

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `averageWeights: 0.999` and `{ decay: 0.999 }` as what they are: so another kind of average starts afresh. */
function averagingOf(value: unknown): unknown {
  if (typeof value === 'number') return { by: 'ema', decay: value };
  return isPlainObject(value) && 'decay' in value ? { by: 'ema', ...value } : value;
}

/** Writes short forms out: `method: fnl` is `method: { name: fnl }`, `lr: 0.1` is `lr: { peak: 0.1 }`. */
export function writtenOut(layer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(layer).map(([key, value]) => {
      if (key === 'averageWeights') return [key, averagingOf(value)];
      const field = shorthand[key];
      return [
        key,
        field && value !== undefined && value !== null && !isPlainObject(value) ? { [field]: value } : value,
      ];
    }),
  );
}

/** A length such as `{ epochs: 5 }` is one value: its unit is no key to be merged with another unit. */
function isLength(value: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && ['epochs', 'updates', 'share'].includes(keys[0]!);
}

/**
 * Lays `over` on `under`. Objects merge key by key, except that another `name` starts afresh (options of
 * one method mean nothing to another) and so does another `by`, and that a length takes the place of a length.
 */
function mergeValues(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (!isPlainObject(under) || !isPlainObject(over)) return over;
  for (const kind of ['name', 'by'])
    if (over[kind] !== undefined && under[kind] !== undefined && over[kind] !== under[kind]) return over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const before = under[key];
    const isLengths = isPlainObject(value) && isLength(value) && (!isPlainObject(before) || isLength(before));
    merged[key] = isLengths ? value : mergeValues(before, value);
  }
  return merged;
}

/** Lays partial configs on each other, the last one on top; short forms are written out. */
export function mergeLayers(layers: readonly (RunLayer | undefined)[]): RunLayer {
  return layers.reduce<unknown>(
    (under, layer) => mergeValues(under, writtenOut((layer ?? {}) as Record<string, unknown>)),
    {},
  ) as RunLayer;
}
