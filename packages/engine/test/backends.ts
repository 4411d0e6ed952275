import { locate } from '@overparam/engine-tensorflow/library';
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

const isInstalled = await locate().then(
  () => true,
  () => false,
);

/** `tensorflow` where its library is there to test with; elsewhere nothing, and a word about it on the terminal. */
function native(): readonly 'tensorflow'[] {
  if (isInstalled) return ['tensorflow'];
  console.warn(
    '\n*** SKIPPED: TensorFlow is not installed, so its kernels and gradients are not tested here. Install it with ' +
      '`overparam engine install`, or set OVERPARAM_TENSORFLOW to the folder of its libraries. ***\n',
  );
  return [];
}

/** The engines whose kernels are tested. */
export const engines: readonly ('wasm' | 'cpu' | 'tensorflow')[] = ['wasm', 'cpu', ...native()];

/** The same, and a backend without kernels of this package. */
export const backends: readonly ((typeof engines)[number] | 'portable')[] = [...engines, 'portable'];

/** Makes one of {@link backends} current. */
export async function useBackend(name: (typeof backends)[number]): Promise<void> {
  if (name === 'portable') await usePortable();
  else await useEngine(name);
}
