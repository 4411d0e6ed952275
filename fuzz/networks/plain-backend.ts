import * as tf from '@tensorflow/tfjs';

/** The name under which tfjs's own plain backend stays as it came, whatever an engine registers later. */
export const plainBackend = 'stock';

/** Keeps a copy of tfjs's plain backend; call it before any engine is chosen. */
export function keepPlainBackend(): void {
  if (tf.findBackendFactory(plainBackend)) return;
  tf.registerBackend(plainBackend, tf.findBackendFactory('cpu'), 0);
  tf.copyRegisteredKernels('cpu', plainBackend);
}

/** Runs something on another backend; values move along. */
export async function on<Result>(backend: string, run: () => Result | Promise<Result>): Promise<Result> {
  const before = tf.getBackend();
  await tf.setBackend(backend);
  try {
    return await run();
  } finally {
    await tf.setBackend(before);
  }
}
