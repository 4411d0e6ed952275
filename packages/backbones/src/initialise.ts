import { foldKey, type Key, normalTensor, uniformTensor } from '@overparam/engine';
import type * as tf from '@tensorflow/tfjs';

/** Which side of a convolution keeps its variance: `fanOut` that of the gradient, `fanIn` that of the output. */
export type Initialisation = 'fanOut' | 'fanIn';

/**
 * Sets the first weights of all convolutions and dense layers; each depends on the key and the layer's name
 * only, so that it stays the same whatever else the network holds.
 *
 * Convolutions: normal with deviation sqrt(2 / fan) (He et al. 2015, https://arxiv.org/abs/1502.01852), fan
 * being kh * kw * cout for `fanOut`, as torchvision has it, or kh * kw * cin for `fanIn`. Dense layers: kernel
 * and bias uniform within ±1 / sqrt(cin), PyTorch's default. Norms keep gamma 1, beta 0, mean 0, variance 1.
 */
export function initialiseWeights(model: tf.LayersModel, key: Key, initialisation: Initialisation): void {
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    if (kind !== 'Conv2D' && kind !== 'Dense') continue;
    const values = layer.weights.map((weight) => {
      const shape = weight.shape as number[];
      const name = weight.originalName.split('/').at(-1)!;
      const weightKey = foldKey(key, layer.name, name);
      if (kind === 'Dense') {
        const bound = 1 / Math.sqrt(layer.weights[0]!.shape[0]!);
        return uniformTensor(weightKey, shape, -bound, bound);
      }
      const [kh, kw, cin, cout] = shape as [number, number, number, number];
      const fan = kh * kw * (initialisation === 'fanOut' ? cout : cin);
      return normalTensor(weightKey, shape, 0, Math.sqrt(2 / fan));
    });
    layer.setWeights(values);
    for (const value of values) value.dispose();
  }
}
