import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { trainingKernels, useEngine } from '../src';
import { engines } from './backends';

/** What an engine leaves to the composites, or has no use for. */
const without: Readonly<Record<(typeof engines)[number], readonly string[]>> = {
  tensorflow: [],
  wasm: [
    trainingKernels.runAfter,
    trainingKernels.widen,
    trainingKernels.symmetricEigen,
    trainingKernels.sumOverWorkers,
  ],
  cpu: [
    trainingKernels.dilatedInputGradient,
    trainingKernels.dilatedFilterGradient,
    trainingKernels.runAfter,
    trainingKernels.widen,
    trainingKernels.symmetricEigen,
    trainingKernels.sumOverWorkers,
  ],
};

// The native engine stands on nothing of this package: that both write the same names is only told here.
test.each(engines)('%s has kernels of the names that the ops here ask for', async (engine) => {
  if (engine === 'tensorflow') {
    // Without useEngine, which would put composites in the place of kernels that are missing.
    await import('@overparam/engine-tensorflow');
    await tf.setBackend(engine);
  } else await useEngine(engine);
  const missing = Object.values(trainingKernels).filter((name) => tf.getKernel(name, engine) === undefined);
  expect(missing).toEqual(without[engine]);
});
