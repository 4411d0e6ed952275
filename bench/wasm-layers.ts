import { convolution, keyFromSeed, normalTensor, type Padding, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';

/** One convolution and the speed of its three passes, in GFLOP/s (best of several, a multiply-add counts as two). */
export interface LayerSpeed {
  readonly layer: string;
  readonly forward: number;
  readonly inputGradient: number;
  readonly filterGradient: number;
}

/** Height, input channels, output channels, stride and kernel size of each convolution in ResNet-20. */
const shapes = [
  [32, 3, 16, 1, 3],
  [32, 16, 16, 1, 3],
  [32, 16, 32, 2, 3],
  [32, 16, 32, 2, 1],
  [16, 32, 32, 1, 3],
  [16, 32, 64, 2, 3],
  [16, 32, 64, 2, 1],
  [8, 64, 64, 1, 3],
] as const;

/** Speeds of every convolution shape of ResNet-20 on wasm. */
export async function wasmLayers(repeats = 15, batch = 64): Promise<readonly LayerSpeed[]> {
  await useEngine('wasm');
  const speeds: LayerSpeed[] = [];
  for (const [size, cin, cout, stride, kernelSize] of shapes) {
    const half = kernelSize >> 1;
    const padding: Padding = [
      [half, half],
      [half, half],
    ];
    const options = { strides: [stride, stride] as const, padding, dilation: [1, 1] as const };
    const x = normalTensor(keyFromSeed(1), [batch, size, size, cin], 0, 1) as tf.Tensor4D;
    const kernel = normalTensor(keyFromSeed(2), [kernelSize, kernelSize, cin, cout], 0, 1) as tf.Tensor4D;
    const out = Math.floor((size + 2 * half - kernelSize) / stride) + 1;
    const dy = normalTensor(keyFromSeed(3), [batch, out, out, cout], 0, 1) as tf.Tensor4D;
    const passes = {
      forward: () => convolution(x, kernel, options),
      input: () => tf.grad((a) => convolution(a as tf.Tensor4D, kernel, options))(x, dy),
      filter: () => tf.grad((a) => convolution(x, a as tf.Tensor4D, options))(kernel, dy),
    };
    const best = { forward: Infinity, input: Infinity, filter: Infinity };
    for (let i = 0; i < repeats; i++) {
      for (const name of ['forward', 'input', 'filter'] as const) {
        const start = performance.now();
        tf.dispose(tf.tidy(passes[name]));
        best[name] = Math.min(best[name], performance.now() - start);
      }
      // Lets the runtime put the optimised code in place.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    tf.dispose([x, kernel, dy]);
    const work = (2 * batch * out * out * cin * cout * kernelSize ** 2) / 1e6;
    speeds.push({
      layer: `${size}x${size}, ${cin} to ${cout}, ${kernelSize}x${kernelSize}, stride ${stride}`,
      forward: work / best.forward,
      // A gradient runs the forward pass as well.
      inputGradient: work / (best.input - best.forward),
      filterGradient: work / (best.filter - best.forward),
    });
  }
  return speeds;
}
