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
