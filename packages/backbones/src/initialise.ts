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
export type NamedScheme = Initialisation | 'xavier' | 'uniform';

/**
 * A {@link NamedScheme}, or numbers that are the same for a layer of any size: `bound` draws all weights within ± it,
 * `deviation` draws kernels normal with it and leaves biases 0.
 */
export type Scheme = NamedScheme | { readonly bound: number } | { readonly deviation: number };

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
    const drawn = layer.weights.filter(({ originalName }) =>
      /(kernel|^bias|^vector)$/.test(shortName(originalName)),
    );
    const kernel = drawn.find(({ originalName }) => shortName(originalName).endsWith('kernel'));
    const scheme = schemeOf(layer);
    const fans = kernel ? fansOf(kernel.shape as number[], shortName(kernel.originalName)) : null;
    for (const weight of drawn) {
      const shape = weight.shape as number[];
      const own = foldKey(key, layer.name, shortName(weight.originalName));
      const value =
        typeof scheme === 'object' ? drawAs(shape, own, scheme) : fans && draw(shape, own, scheme, fans);
      if (!value) continue;
      weight.write(value);
      value.dispose();
    }
  }
}

interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Of a kernel `[kh, kw, cin, cout]` or `[cin, cout]`; of a depthwise one, `[kh, kw, channels, multiplier]`, as PyTorch has
 * them: each output sees one channel, and all outputs count as seeing it.
 */
function fansOf(shape: number[], name: string): Fans {
  const [last, multiplier] = shape.slice(-2) as [number, number];
  const [cin, cout] = name === 'depthwise_kernel' ? [1, last * multiplier] : [last, multiplier];
  const taps = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  return { fanIn: taps * cin, fanOut: taps * cout };
}

function drawAs(
  shape: number[],
  key: Key,
  scheme: { readonly bound: number } | { readonly deviation: number },
): tf.Tensor {
  if ('bound' in scheme) return uniformTensor(key, shape, -scheme.bound, scheme.bound);
  return shape.length === 1 ? tf.zeros(shape) : normalTensor(key, shape, 0, scheme.deviation);
}

function draw(shape: number[], key: Key, scheme: NamedScheme, { fanIn, fanOut }: Fans): tf.Tensor {
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
