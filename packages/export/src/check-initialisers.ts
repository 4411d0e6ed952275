import { isRecord } from './json';

/** What tfjs's initialisers take as numbers, and what each must be. */
const numbers: Readonly<Record<string, (value: number) => boolean>> = {
  scale: (value) => value > 0,
  stddev: (value) => value >= 0,
  gain: () => true,
  mean: () => true,
  minval: () => true,
  maxval: () => true,
  value: () => true,
  seed: () => true,
};

/**
 * Checks the initialisers in a layer's config. They run while a network is built, before its weights are read; drawn with a
 * spread that is no number, tfjs's normal values never end.
 */
export function checkInitialisers(
  config: Readonly<Record<string, unknown>>,
  layer: string,
  fail: (problem: string) => never,
): void {
  for (const [key, value] of Object.entries(config)) {
    if (!isRecord(value)) continue;
    if (!/initializer$/i.test(key)) {
      // Wrappers hold another layer's config.
      checkInitialisers(value, layer, fail);
      continue;
    }
    const options = isRecord(value.config) ? value.config : {};
    for (const [name, isSound] of Object.entries(numbers)) {
      const given = options[name] ?? null;
      if (given === null) continue;
      if (typeof given !== 'number' || !Number.isFinite(given) || !isSound(given)) {
        fail(`layer "${layer}": ${key} has the ${name} ${JSON.stringify(given)}`);
      }
    }
  }
}
