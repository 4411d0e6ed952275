import * as tf from '@tensorflow/tfjs';

/** Kernel functions of this package, by which it knows its own again. */
const own = new WeakSet<object>();

/**
 * Registers kernels in the place of those that bear their names, once.
 *
 * @param make  makes a kernel of the one that was there, `undefined` where there was none
 */
export function putKernels(
  backendName: string,
  kernels: Readonly<Record<string, (stock: tf.KernelFunc | undefined) => tf.KernelFunc>>,
): void {
  for (const [kernelName, make] of Object.entries(kernels)) {
    const known = tf.getKernel(kernelName, backendName);
    if (known !== undefined && own.has(known.kernelFunc)) continue;
    if (known !== undefined) tf.unregisterKernel(kernelName, backendName);
    const kernelFunc = make(known?.kernelFunc);
    own.add(kernelFunc);
    // The setup stays: a backend that starts later would otherwise never prepare the kernel that was there.
    tf.registerKernel({ ...known, kernelName, backendName, kernelFunc });
  }
}
