import * as tf from '@tensorflow/tfjs';
import {
  type ArrayKernel,
  arrayKernels,
  batchNorm,
  batchNormGradient,
  type Inputs,
  loopPasses,
} from './array-kernels';
import { cpuMemory } from './array-memory';
import { trainingKernels } from './names';

const reluGradient: ArrayKernel = (memory, { dy, x }) => {
  const out = memory.allocate(x!.shape);
  const [values, given, gate] = [memory.view(out), memory.view(dy!), memory.view(x!)];
  for (let i = 0; i < values.length; i++) values[i] = gate[i]! > 0 ? given[i]! : 0;
  return out;
};

const kernels: Readonly<Record<string, ArrayKernel>> = {
  ...arrayKernels,
  [trainingKernels.batchNorm]: (memory, inputs, { epsilon }) =>
    batchNorm(memory, loopPasses(memory), inputs, epsilon),
  [trainingKernels.batchNormGradient]: (memory, inputs, { epsilon }) =>
    batchNormGradient(memory, loopPasses(memory), inputs, epsilon),
  [trainingKernels.reluGradient]: reluGradient,
};

/** Registers the training kernels of tfjs's plain JavaScript backend. */
export function registerCpuKernels(): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'cpu') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'cpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel(cpuMemory(backend), inputs as Inputs, { epsilon: 0, ...attrs }),
    });
  }
}
