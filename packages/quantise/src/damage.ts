import { forward } from '@overparam/core-reparam';
import * as tf from '@tensorflow/tfjs';
import { type Agreement, AgreementSum } from './agreement';
import type { Examples } from './calibrate';
import type { Simulation } from './simulation';

/** What becomes of a network's answers where one layer alone is int8. */
export interface LayerDamage {
  readonly layer: string;
  /** One for each of the network's outputs. */
  readonly outputs: readonly Agreement[];
}

/** How {@link layerDamage} looks. */
export interface DamageOptions {
  /** For each of the network's outputs, whether an answer is the largest of its numbers. */
  readonly classes: readonly boolean[];
  readonly signal?: AbortSignal;
  /** Told after each layer, with its number from 1 on. */
  readonly onLayer?: (done: number, total: number, layer: string) => void;
}

/**
 * What each layer does to a network's answers by itself: its kernel and what comes into it are on their grids, and all else
 * is float32.
 *
 * @param simulation  is all int8 again afterwards
 */
export async function layerDamage(
  simulation: Simulation,
  examples: Examples,
  { classes, signal, onLayer }: DamageOptions,
): Promise<LayerDamage[]> {
  const { model, layers } = simulation;
  const inputs: tf.Tensor[] = [];
  const references: tf.Tensor[][] = [];
  const alone = (layer: string | null) => {
    const before = layer === null ? [] : simulation.before(layer);
    simulation.setPlaces((place) => (before.includes(place) ? 'on' : 'off'));
    simulation.setWeights((other) => other === layer);
  };
  const damages: LayerDamage[] = [];
  try {
    alone(null);
    for await (const x of examples()) {
      inputs.push(x);
      references.push(forward(model, x, { mode: 'infer' }));
    }
    for (const [index, layer] of layers.entries()) {
      alone(layer);
      const sums = classes.map((each) => new AgreementSum(each));
      for (const [batch, x] of inputs.entries()) {
        signal?.throwIfAborted();
        const outputs = forward(model, x, { mode: 'infer' });
        for (const [at, sum] of sums.entries()) await sum.add(outputs[at]!, references[batch]![at]!);
        tf.dispose(outputs);
      }
      damages.push({ layer, outputs: sums.map((sum) => sum.result()) });
      onLayer?.(index + 1, layers.length, layer);
    }
    return damages;
  } finally {
    simulation.setPlaces(() => 'on');
    simulation.setWeights(() => true);
    tf.dispose([...inputs, ...references.flat()]);
  }
}
