import * as tf from '@tensorflow/tfjs';
import { tapFilterGradient, tapInputGradient } from '../kernels/dilated';
import { trainingKernels } from '../kernels/names';
import { isRecording } from './recorded';
import { type ConvolutionAttributes, pairOf, run } from './run';

/** The gradient of tfjs's Conv2D, dilation included (its own refuses dilation). */
export const convolutionGradient: tf.GradConfig = {
  kernelName: 'Conv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const attributes = attrs as unknown as ConvolutionAttributes;
    const { strides, pad, dataFormat, dimRoundingMode } = attributes;
    const dilations = pairOf(attributes.dilations ?? 1);
    const gradient = dy as tf.Tensor4D;
    const common = { strides, pad, dataFormat, dimRoundingMode };
    const dilated = dilations[0] > 1 || dilations[1] > 1;
    // Sums over taps can be differentiated again.
    const direct =
      !dilated ||
      (!isRecording() && tf.getKernel(trainingKernels.dilatedInputGradient, tf.getBackend()) !== undefined);
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

/**
 * The gradient of a filter's gradient, which tfjs has none for: met where a kernel follows from its input, as those of
 * branches with norms do, and gradients are differentiated again.
 */
export const filterGradientGradient: tf.GradConfig = {
  kernelName: 'Conv2DBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc: (given, saved, attrs) => {
    const [x, dy] = saved as [tf.Tensor4D, tf.Tensor4D];
    const filter = given as tf.Tensor4D;
    const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as ConvolutionAttributes;
    const common = { strides, pad, dataFormat, dimRoundingMode };
    return {
      x: () => run('Conv2DBackpropInput', { dy, filter }, { ...common, inputShape: x.shape }) as tf.Tensor,
      dy: () => run('Conv2D', { x, filter }, { ...common, dilations: 1 }) as tf.Tensor,
    };
  },
};
