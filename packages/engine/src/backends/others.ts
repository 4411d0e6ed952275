import * as tf from '@tensorflow/tfjs';
import { importOptional } from './node';

/** What `@overparam/engine-tensorflow` exports. */
interface TensorFlowPackage {
  registerTensorflow(): void;
}

/** The factory that the package registers with tfjs. */
interface TensorFlowFactory {
  /** Finds and loads TensorFlow's library; rejects with what is missing and how to get it. */
  start?(options?: { readonly threads: number }): Promise<void>;
}

/** Starts a registered backend. @returns null, or the reason why it cannot be used */
async function start(name: string): Promise<string | null> {
  if (!(await tf.setBackend(name))) return `the tfjs backend '${name}' did not start (see its warning above)`;
  await tf.ready();
  return null;
}

/**
 * The native backend: one that is registered already, or else that of the package that brings it.
 *
 * @param threads  within an op; as many as there are processors where left out
 */
export async function loadTensorFlow(threads?: number): Promise<string | null> {
  const name = 'tensorflow';
  if (!(name in tf.engine().registryFactory)) {
    const found = (await importOptional('@overparam/engine-tensorflow')) as TensorFlowPackage | null;
    if (found === null) {
      return 'the package @overparam/engine-tensorflow is not installed (npm install @overparam/engine-tensorflow)';
    }
    // The import does so too, but only the first.
    found.registerTensorflow();
  }
  try {
    // Asked of tfjs, a failure would be printed, and its reason lost.
    await (tf.findBackendFactory(name) as TensorFlowFactory | null)?.start?.(
      threads === undefined ? undefined : { threads },
    );
  } catch (error) {
    return (error as Error).message;
  }
  return start(name);
}

/** An adapter as browsers have it; the flag was moved into `info`. */
interface WebGpuAdapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
  readonly isFallbackAdapter?: boolean;
}

/**
 * WebGPU, only where the browser or Node's Dawn bindings really give an adapter. Whether it computes what it should is left to
 * the caller.
 *
 * @param asked  whether it was asked for by name: an adapter in software, slower than WebAssembly, is then taken too
 */
export async function loadWebGpu(asked: boolean): Promise<string | null> {
  const { navigator } = globalThis as {
    navigator?: { gpu?: { requestAdapter(): Promise<WebGpuAdapter | null> } };
  };
  const adapter = await navigator?.gpu?.requestAdapter().catch(() => null);
  if (!adapter)
    return 'there is no WebGPU adapter here (in Node, the package webgpu and a GPU driver give one)';
  if (!asked && (adapter.info?.isFallbackAdapter || adapter.isFallbackAdapter))
    return 'its only adapter is one in software';
  if (!('webgpu' in tf.engine().registryFactory)) {
    const found = await importOptional('@tensorflow/tfjs-backend-webgpu');
    if (found === null) {
      return 'the package @tensorflow/tfjs-backend-webgpu is not installed (in a bundled page, import it first)';
    }
  }
  return start('webgpu');
}

/** WebGL, which comes with tfjs, where there is something to draw on. Whether it computes what it should is left to the caller. */
export async function loadWebGl(): Promise<string | null> {
  // Asked without one, tfjs prints what it misses.
  if (!('OffscreenCanvas' in globalThis || 'document' in globalThis))
    return 'there is no WebGL here (browsers have it)';
  if (!('webgl' in tf.engine().registryFactory))
    return 'the package @tensorflow/tfjs-backend-webgl is not loaded';
  return start('webgl');
}

/** Plain JavaScript, which is always there. */
export async function loadCpu(): Promise<string | null> {
  const backend = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  // The backend's first tensor prints an advertisement for another backend on the terminal.
  if (backend?.firstUse === true) backend.firstUse = false;
  return start('cpu');
}
