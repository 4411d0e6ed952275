import { type EngineName, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { engines } from '../support/engines';

/** An engine, and whether its steps are compiled where it could. */
export interface Way {
  readonly name: string;
  readonly engine: EngineName;
  readonly compiled: boolean;
}

/** Every engine that is tested in full, and TensorFlow op by op where it is installed. */
export const ways: readonly Way[] = [
  ...engines.map((engine) => ({ name: engine, engine, compiled: true })),
  ...engines
    .filter((engine) => engine === 'tensorflow')
    .map((engine) => ({ name: `${engine}, not compiled`, engine, compiled: false })),
];

/** Takes a way. @returns what leaves it again */
export async function take({ engine, compiled }: Way): Promise<() => void> {
  await useEngine(engine);
  // The capability is looked for on the backend object: without it, steps run as they are written.
  if (!compiled) Object.assign(tf.backend(), { compileStep: undefined });
  return () => {
    if (!compiled) Reflect.deleteProperty(tf.backend(), 'compileStep');
  };
}
