import { normFactor } from '@overparam/core-reparam';
import type { Decay, NormWeights, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** Keeps 0 / 0 out where both norms are switched off. */
const smallest = 1e-12;

/** Parameters that {@link customDecay} stands for. */
export const customDecayCovers = ['main_kernel', 'pointwise_kernel'] as const;

/**
 * The released code's custom L2, which decays what the two kernels amount to at the centre tap instead of
 * each by itself:
 *
 * 1/2 [ sum W3^2 - sum W3[centre]^2 + sum (W3[centre] t3 + W1 t1)^2 / (t3^2 + t1^2) ], t = gamma / sqrt(variance + eps)
 *
 * (`get_custom_L2` in https://github.com/DingXiaoH/RepVGG; there t carries no gradient, and the identity is
 * ignored. Here t's gradient is kept out in the same way.)
 *
 * @returns the penalty without coefficient; the caller disposes
 */
export function customDecay(parameters: Tensors, state: Tensors, epsilon: number): Decay {
  const factorOf = (branch: string) =>
    normFactor(
      {
        gamma: parameters[`${branch}_gamma`],
        beta: parameters[`${branch}_beta`],
        mean: state[`${branch}_mean`],
        variance: state[`${branch}_variance`],
      } as NormWeights,
      epsilon,
    );
  const penalty = tf.tidy(() => {
    const t3 = constant(factorOf('main'));
    const t1 = constant(factorOf('pointwise'));
    const main = parameters.main_kernel as Tensor4D;
    const [kh, kw, each, cout] = main.shape;
    const centre = main.slice([kh >> 1, kw >> 1, 0, 0], [1, 1, each, cout]);
    const sum = centre.mul(t3).add(parameters.pointwise_kernel!.mul(t1));
    const together = sum.square().div(t3.square().add(t1.square()).maximum(smallest)).sum();
    const around = main.square().sum().sub(centre.square().sum());
    return around.add(together).mul(0.5).asScalar();
  });
  return { penalty };
}

/** The same values without a way back for gradients. */
function constant(x: tf.Tensor): tf.Tensor {
  const gradientless = tf.customGrad((value) => {
    const input = value as tf.Tensor;
    return { value: input.clone(), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) };
  });
  return gradientless(x);
}
