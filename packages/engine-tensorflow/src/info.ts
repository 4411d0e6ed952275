import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from './backend/backend';
import type { Device } from './binding/context';

/** The native backend at work. */
export interface TensorflowInfo {
  /** TensorFlow's version. */
  readonly version: string;
  /** What it computes on. */
  readonly devices: readonly Device[];
  /** Tensors and variables that TensorFlow holds now. */
  readonly tensors: number;
  /** Largest resident memory of this process so far, in bytes, all of it counted. */
  readonly peakMemory: number;
}

/**
 * What the backend `tensorflow` runs on and holds.
 *
 * @throws OverparamError `backend-not-started` before its first use
 */
export function tensorflowInfo(): TensorflowInfo {
  const backend = tf.engine().registry.tensorflow as unknown as TensorFlowBackend | undefined;
  if (backend === undefined) {
    throw new OverparamError(
      'backend-not-started',
      "The backend 'tensorflow' is not in use. Choose it first: await tf.setBackend('tensorflow').",
    );
  }
  return {
    version: backend.version,
    devices: backend.devices,
    tensors: backend.binding.getNumOfTensors(),
    // Node gives kibibytes on every system.
    peakMemory: process.resourceUsage().maxRSS * 1024,
  };
}
