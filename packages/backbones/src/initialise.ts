import { foldKey, type Key, normalTensor, uniformTensor } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';

/** Which side of a convolution keeps its variance: `fanOut` that of the gradient, `fanIn` that of the output. */
export type Initialisation = 'fanOut' | 'fanIn';

/**
 * How a layer's first weights are drawn; fan in is kh * kw * cin, fan out kh * kw * cout.
 *
 * - `fanOut`, `fanIn`: normal with deviation sqrt(2 / fan), biases 0 (He et al. 2015, https://arxiv.org/abs/1502.01852).
 * - `xavier`: normal with deviation sqrt(2 / (fan in + fan out)), biases 0 (Glorot and Bengio 2010,
 *   https://proceedings.mlr.press/v9/glorot10a.html).
 * - `uniform`: kernels and biases within ±1 / sqrt(fan in), PyTorch's default.
 */
export type Scheme = Initialisation | 'xavier' | 'uniform';

/**
 * Sets the first kernels and biases of all layers; each depends on the key and the layer's name only, so that it
 * stays the same whatever else the network holds. Norms keep gamma 1, beta 0, mean 0, variance 1.
 *
 * @param schemeOf  the scheme of a layer
 */
export function initialiseWeights(
  model: tf.LayersModel,
  key: Key,
  schemeOf: (layer: tf.layers.Layer) => Scheme,
): void {
  for (const layer of model.layers) {
    const kernel = layer.weights.find(({ originalName }) => shortName(originalName).endsWith('kernel'));
    if (!kernel) continue;
    const fans = fansOf(kernel.shape as number[]);
    for (const weight of layer.weights) {
      const short = shortName(weight.originalName);
      if (!short.endsWith('kernel') && short !== 'bias') continue;
      const value = draw(weight.shape as number[], foldKey(key, layer.name, short), schemeOf(layer), fans);
      weight.write(value);
      value.dispose();
    }
  }
}

interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Of a kernel `[kh, kw, cin, cout]` or `[cin, cout]`. */
function fansOf(shape: number[]): Fans {
  const [cin, cout] = shape.slice(-2) as [number, number];
  const taps = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  return { fanIn: taps * cin, fanOut: taps * cout };
}

function draw(shape: number[], key: Key, scheme: Scheme, { fanIn, fanOut }: Fans): tf.Tensor {
  if (scheme === 'uniform') {
    const bound = 1 / Math.sqrt(fanIn);
    return uniformTensor(key, shape, -bound, bound);
  }
  if (shape.length === 1) return tf.zeros(shape);
  const variance = { fanIn: 2 / fanIn, fanOut: 2 / fanOut, xavier: 2 / (fanIn + fanOut) }[scheme];
  return normalTensor(key, shape, 0, Math.sqrt(variance));
}

function shortName(name: string): string {
  return name.split('/').at(-1)!;
}
