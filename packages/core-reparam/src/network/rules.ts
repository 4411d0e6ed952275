import type * as tf from '@tensorflow/tfjs';

type Config = tf.serialization.ConfigDict;

/** The constraints and regularisers of a layer, by their names in its config. */
export function rulesOf(config: Config): string[] {
  return namesEndingIn(config, /(Constraint|Regularizer)$/);
}

/** The constraints of a layer, by their names in its config. */
export function constraintsOf(config: Config): string[] {
  return namesEndingIn(config, /Constraint$/);
}

function namesEndingIn(config: Config, end: RegExp): string[] {
  return Object.keys(config).filter((name) => end.test(name) && (config[name] ?? null) !== null);
}
