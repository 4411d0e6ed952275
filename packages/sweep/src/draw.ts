import { foldKey, keyFromSeed, randomInteger, randomUniform } from '@overparam/engine';
import type { Range } from './schema';
import { isSame, type Setting } from './setting';
import { isRange, type Over } from './sweep';

/** Digits that a drawn value keeps: what a person would write, and the same on every machine. */
const digits = 4;

function within({ from, to, scale, integer }: Range, share: number): number {
  const value =
    scale === 'log'
      ? Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from)))
      : from + share * (to - from);
  return integer ? Math.round(value) : Number(value.toPrecision(digits));
}

/**
 * Settings that are drawn: evenly from a list, evenly from a range or from its logarithm. A value depends on the seed, the
 * number of the draw and its key only, so that rows of a comparison that have the key draw the same.
 *
 * @param count  of draws; what is drawn twice is there once
 */
export function drawSettings(over: Over, count: number, seed: number | string): Setting[] {
  const root = foldKey(keyFromSeed(seed), 'sweep');
  const settings: Setting[] = [];
  for (let draw = 0; draw < count; draw++) {
    const setting = Object.fromEntries(
      Object.entries(over).map(([path, values]) => {
        const key = foldKey(root, draw, path);
        const value = isRange(values)
          ? within(values, randomUniform(key, 1)[0]!)
          : values[randomInteger(key, values.length)];
        return [path, value];
      }),
    );
    if (!settings.some((other) => isSame(other, setting))) settings.push(setting);
  }
  return settings;
}
