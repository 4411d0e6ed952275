import { convolution, type Key } from '@overparam/engine';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Expansion, ParameterSpec, PlainWeights, Site, Tensors } from '../contracts';

/** A method that composes one kernel from its parameters and runs one convolution with it. */
export interface WeightSpace {
  /** All parameters but the bias, which {@link weightSpace} looks after. */
  readonly parameters: readonly ParameterSpec[];
  /** The kernel `[kh, kw, cin, cout]`; called inside a tidy, differentiable. */
  kernel(parameters: Tensors): Tensor4D;
  /** First values of {@link parameters}; the caller disposes. */
  initialise(plain: PlainWeights, key: Key): Tensors;
  /**
   * `kernel`: Frobenius decay, one half of the composed kernel's sum of squares, in place of weight decay on
   * all parameters (Khodak et al., ICLR 2021, section 4). `parameters`: ordinary weight decay on each.
   */
  readonly decay: 'kernel' | 'parameters';
  readonly warnings?: readonly string[];
}

/**
 * An expansion in weight space: the norm behind the site stays where it is, and collapse is the kernel.
 *
 * The site's bias is a parameter `bias` of role `plain`.
 */
export function weightSpace(site: Site, space: WeightSpace): Expansion {
  const cout = site.kernelShape[3];
  const bias: ParameterSpec = { name: 'bias', shape: [cout], role: 'plain', continues: 'bias' };
  return {
    parameters: site.bias ? [...space.parameters, bias] : space.parameters,
    state: [],
    takesNorm: false,
    warnings: space.warnings ?? [],
    initialise(plain, key) {
      const values = space.initialise(plain, key);
      return site.bias && plain.bias ? { ...values, bias: tf.clone(plain.bias) } : values;
    },
    forward(x, parameters) {
      const y = convolution(x, space.kernel(parameters), site);
      return { y: site.bias ? y.add(parameters.bias!) : y, state: {} };
    },
    collapse: (parameters) => [
      {
        kernel: tf.tidy(() => tf.clone(space.kernel(parameters))),
        bias: site.bias ? (tf.clone(parameters.bias!) as Tensor1D) : null,
        strides: site.strides,
        dilation: site.dilation,
        padding: site.padding,
      },
    ],
    ...(space.decay === 'kernel' && {
      decay: (parameters: Tensors) => ({
        penalty: tf.tidy(() => space.kernel(parameters).square().sum().mul(0.5).asScalar()),
      }),
      decayCovers: space.parameters.map((parameter) => parameter.name),
    }),
  };
}
