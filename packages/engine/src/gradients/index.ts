import * as tf from '@tensorflow/tfjs';
import { broadcastGradients } from './broadcast';
import { convolutionGradient, filterGradientGradient } from './convolution';
import { depthwiseGradient } from './depthwise';
import { batchNormGradient, reluGradient } from './fused';
import { pieceGradients } from './pieces';
import { widen } from './widen';

const gradients: readonly tf.GradConfig[] = [
  convolutionGradient,
  filterGradientGradient,
  depthwiseGradient,
  reluGradient,
  batchNormGradient,
  ...broadcastGradients,
  ...pieceGradients,
  widen,
];

/** Puts this package's gradients in the place of tfjs's; again is harmless. */
export function registerGradients(): void {
  for (const gradient of gradients) {
    const known = tf.getGradient(gradient.kernelName);
    if (known === gradient) continue;
    if (known !== undefined) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}
