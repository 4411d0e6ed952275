import * as tf from '@tensorflow/tfjs';
import { installTraining, trainingKernels, useEngine } from '../src';

/** A backend without any kernel of this package, so that the portable forms run: tfjs's plain one by another name. */
async function usePortable(): Promise<void> {
  await useEngine('cpu');
  if (!('portable' in tf.engine().registryFactory)) {
    const factory = tf.findBackendFactory('cpu') as () => tf.KernelBackend;
    tf.registerBackend('portable', factory);
    tf.copyRegisteredKernels('cpu', 'portable');
    for (const name of Object.values(trainingKernels)) {
      if (tf.getKernel(name, 'portable') !== undefined) tf.unregisterKernel(name, 'portable');
    }
  }
  await tf.setBackend('portable');
  installTraining();
}

export const backends = ['wasm', 'cpu', 'portable'] as const;

/** Makes one of {@link backends} current. */
export async function useBackend(name: (typeof backends)[number]): Promise<void> {
  if (name === 'portable') await usePortable();
  else await useEngine(name);
}
