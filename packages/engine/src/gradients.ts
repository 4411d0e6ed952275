import * as tf from '@tensorflow/tfjs';
import { tapFilterGradient, tapInputGradient } from './kernels/dilated';
import { trainingKernels } from './kernels/names';

interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations: [number, number] | number;
}

const pair = (value: [number, number] | number): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];

/** The gradient of tfjs's Conv2D, dilation included (its own refuses dilation). */
const convolution: tf.GradConfig = {
  kernelName: 'Conv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const attributes = attrs as unknown as ConvolutionAttributes;
    const { strides, pad, dataFormat, dimRoundingMode } = attributes;
    const dilations = pair(attributes.dilations ?? 1);
    const gradient = dy as tf.Tensor4D;
    const common = { strides, pad, dataFormat, dimRoundingMode };
    const dilated = dilations[0] > 1 || dilations[1] > 1;
    const direct =
      !dilated || tf.getKernel(trainingKernels.dilatedInputGradient, tf.getBackend()) !== undefined;
    if (!direct) {
      const info = tf.backend_util.computeConv2DInfo(
        x.shape,
        filter.shape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
      );
      return {
        x: () => tapInputGradient(gradient, filter, info),
        filter: () => tapFilterGradient(x, gradient, info),
      };
    }
    const [inputKernel, filterKernel] = dilated
      ? [trainingKernels.dilatedInputGradient, trainingKernels.dilatedFilterGradient]
      : ['Conv2DBackpropInput', 'Conv2DBackpropFilter'];
    const more = dilated ? { dilations } : {};
    return {
      x: () =>
        run(inputKernel, { dy: gradient, filter }, { ...common, ...more, inputShape: x.shape }) as tf.Tensor,
      filter: () =>
        run(
          filterKernel,
          { x, dy: gradient },
          { ...common, ...more, filterShape: filter.shape },
        ) as tf.Tensor,
    };
  },
};

/** One kernel in place of Step, Cast and Multiply. */
const relu: tf.GradConfig = {
  kernelName: 'Relu',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => ({
    x: () =>
      run(trainingKernels.reluGradient, { dy: dy as tf.Tensor, x: saved[0] as tf.Tensor }, {}) as tf.Tensor,
  }),
};

const batchNorm: tf.GradConfig = {
  kernelName: trainingKernels.batchNorm,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const dy = (dys as tf.Tensor[])[0] as tf.Tensor;
    // Outside the closures: each of those runs in a tidy of its own, which would free what the others return.
    const inputs = { dy, x, gamma, mean, variance };
    const [dx, dgamma, dbeta] = run(trainingKernels.batchNormGradient, inputs, attrs) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
};

const widen: tf.GradConfig = {
  kernelName: trainingKernels.widen,
  gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }),
};

/** Puts this package's gradients in the place of tfjs's; again is harmless. */
export function registerGradients(): void {
  for (const gradient of [convolution, relu, batchNorm, widen]) {
    const known = tf.getGradient(gradient.kernelName);
    if (known === gradient) continue;
    if (known !== undefined) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}
