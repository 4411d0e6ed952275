import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from '../kernels/names';
import { type ConvolutionAttributes, pairOf, run } from './run';

/** The gradient of tfjs's DepthwiseConv2dNative, dilation included (its own refuses dilation). */
export const depthwiseGradient: tf.GradConfig = {
  kernelName: 'DepthwiseConv2dNative',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { strides, pad, dimRoundingMode, dilations: given } = attrs as unknown as ConvolutionAttributes;
    const dilations = pairOf(given ?? 1);
    const dilated = dilations[0] > 1 || dilations[1] > 1;
    if (
      dilated &&
      tf.getKernel(trainingKernels.dilatedDepthwiseInputGradient, tf.getBackend()) === undefined
    ) {
      throw new OverparamError(
        'op-unsupported',
        `The backend '${tf.getBackend()}' has no gradient of a depthwise convolution with dilation ${dilations} (images of ` +
          `shape [${x.shape}], kernel [${filter.shape}]). Train on the engine tensorflow, wasm or cpu, or without dilation.`,
      );
    }
    const [inputKernel, filterKernel] = dilated
      ? [trainingKernels.dilatedDepthwiseInputGradient, trainingKernels.dilatedDepthwiseFilterGradient]
      : ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'];
    const common = { strides, pad, dimRoundingMode, dilations };
    const gradient = dy as tf.Tensor4D;
    return {
      x: () => run(inputKernel, { dy: gradient, filter }, { ...common, inputShape: x.shape }) as tf.Tensor,
      filter: () =>
        run(filterKernel, { x, dy: gradient }, { ...common, filterShape: filter.shape }) as tf.Tensor,
    };
  },
};
