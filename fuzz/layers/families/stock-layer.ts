import * as tf from '@tensorflow/tfjs';
import type { Expected, Input, LayerCase, Plain } from '../case';

/** A layer of tfjs and what it should give. */
export interface StockLayer {
  readonly x: Input;
  /** In the order of the layer's weights. */
  readonly weights?: readonly Input[];
  make(): tf.layers.Layer;
  expected(x: Plain, weights: readonly Plain[]): Expected;
  readonly tolerance?: number;
  readonly gradientScale?: number;
}

/** A layer of tfjs in a model of its own, as it runs at inference; gradients with respect to what it is given. */
export function stockLayer({ x, weights = [], make, expected, ...limits }: StockLayer): LayerCase {
  const plain = weights.map(({ shape, values }): Plain => ({ shape, values: Float64Array.from(values) }));
  let model: tf.Sequential;
  return {
    inputs: [x],
    prepare: () => {
      const input = tf.layers.inputLayer({
        inputShape: x.shape.slice(1),
        dtype: x.values instanceof Int32Array ? 'int32' : 'float32',
      });
      model = tf.sequential({ layers: [input, make()] });
      const made = weights.map(({ values, shape }) => tf.tensor(values, [...shape]));
      model.setWeights(made);
      tf.dispose(made);
      return model as unknown as { dispose(): void };
    },
    run: ([given]) => [model.apply(given!) as tf.Tensor],
    expected: ([given]) => [expected(given!, plain)],
    ...limits,
  };
}
