import * as tf from '@tensorflow/tfjs';
import { registerGradients } from './gradients';
import { registerArrayGradients } from './kernels/array-gradients';
import { registerComposites } from './kernels/composite';
import { registerCpuKernels } from './kernels/cpu';
import { registerSegmentSum } from './kernels/segment-sum';
import { registerVolumePooling } from './kernels/volume-pooling';
import { registerWasmKernels } from './kernels/wasm';

/**
 * Makes the backends that are loaded fit for training: registers the kernels they lack, the fused kernels of
 * {@link trainingKernels} and the gradients of convolution and ReLU. {@link useEngine} calls it; call it yourself
 * after choosing a backend through tfjs. Doing it again is harmless.
 */
export function installTraining(): void {
  registerGradients();
  registerCpuKernels();
  registerArrayGradients('cpu');
  registerVolumePooling('cpu');
  if (tf.engine().registryFactory.wasm !== undefined) {
    registerWasmKernels();
    registerArrayGradients('wasm');
    registerVolumePooling('wasm');
  }
  for (const backend of Object.keys(tf.engine().registryFactory)) {
    registerComposites(backend);
    registerSegmentSum(backend);
  }
}

/** Makes sure of the current backend only; cheap enough to precede every op. */
export function ensureInstalled(kernelName: string): void {
  if (tf.getKernel(kernelName, tf.getBackend()) === undefined || tf.getGradient(kernelName) === undefined) {
    installTraining();
  }
}
