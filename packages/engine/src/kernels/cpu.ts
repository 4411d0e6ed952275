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
import { finite } from './loops';
import { trainingKernels } from './names';
import { maximumOfWindows, poolingOf } from './pooling';
import { putKernels } from './registry';

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

/** tfjs's kernel, which passes over what is not a number, where all is finite, and plain loops where not. */
const maximumPooling = (stock: tf.KernelFunc | undefined) => (call: Parameters<tf.KernelFunc>[0]) => {
  const out = stock!(call) as tf.TensorInfo;
  const x = call.inputs.x!;
  const memory = cpuMemory(call.backend);
  if (!finite(memory.view(x)))
    maximumOfWindows(memory.view(x), memory.view(out), poolingOf(x.shape, call.attrs ?? {}));
  return out;
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
  putKernels('cpu', { MaxPool: maximumPooling });
}
