import { convolution } from '@overparam/engine';
import type { Expansion, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** A 1x1 convolution that sees the whole image as it is. */
const everyPixel = {
  strides: [1, 1],
  dilation: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
} as const;

/** What a layer is made of on either side of its nonlinearity; each called inside a tidy. */
export interface FadingParts {
  /** V, as a 1x1 kernel `[1, 1, cin, cin]`. */
  before(parameters: Tensors): Tensor4D;
  /** The core with U and its scale, `[kh, kw, cin, cout]`. */
  after(parameters: Tensors, state: Tensors, task: string | null): Tensor4D;
  /** The branches beside both, `[kh, kw, cin, cout]`; null for none. */
  beside(parameters: Tensors, state: Tensors): Tensor4D | null;
}

/**
 * A layer with (1 - tau) ReLU(x) + tau x between its input frame and its core, as VanillaNet trains layers that become one
 * (Chen et al., NeurIPS 2023). At tau = 1 that is the identity, and the layer the one kernel that `linear` composes.
 *
 * ReLU keeps zeros, so that the padding around the image stays what it is.
 */
export function fading(site: Site, linear: Expansion, parts: FadingParts): Expansion {
  return {
    ...linear,
    state: [...linear.state, { name: 'fade', shape: [], follows: 'tau' }],
    initialise: (plain, key) => ({ ...linear.initialise(plain, key), fade: tf.scalar(0) }),
    forward(x, parameters, state, { task }) {
      const framed = convolution(x, parts.before(parameters), everyPixel);
      const bent = framed.relu().mul(tf.sub(1, state.fade!)).add(framed.mul(state.fade!)) as Tensor4D;
      const others = parts.beside(parameters, state);
      let y = convolution(bent, parts.after(parameters, state, task), site);
      if (others) y = y.add(convolution(x, others, site));
      return { y: site.bias ? y.add(parameters.bias!) : y, state: {} };
    },
    collapsible(state) {
      const fade = state.fade!.dataSync()[0]!;
      if (fade === 1) return true;
      return `its nonlinearity is still there, as tau is ${Number(fade.toPrecision(3))} and not 1`;
    },
  };
}
