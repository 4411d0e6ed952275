import * as tf from '@tensorflow/tfjs';
import type { WasmBackend } from '../wasm/memory';
import { importOfNode, inNode, isMissing } from './node';

const packageName = '@tensorflow/tfjs-backend-wasm';

/**
 * Loads tfjs's wasm backend on one thread and makes it current.
 *
 * @param folder  where its .wasm files are; by default beside the package in Node, as tfjs decides elsewhere
 * @returns null, or the reason why it cannot be used
 */
export async function loadWasm(folder?: string): Promise<string | null> {
  const wasm = await importPackage();
  if (wasm === null) {
    return `the package ${packageName} is not installed (npm install ${packageName}@4.22)`;
  }
  if (!('wasm' in tf.engine().registry)) {
    // The kernels here share the backend's memory, which threads would make a different kind of memory.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    const path = folder ?? (await packageFolder());
    if (path !== null) wasm.setWasmPaths(path.endsWith('/') ? path : `${path}/`);
  }
  const listeners = failureListeners();
  const started = await tf.setBackend('wasm');
  dropAddedListeners(listeners);
  if (!started) return 'the wasm backend of tfjs did not start (see its warning above)';
  await tf.ready();
  const memory = (tf.backend() as unknown as WasmBackend).wasm.asm?.memory;
  if (memory === undefined) return `this build of ${packageName} does not show its memory; use 4.22`;
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) return 'this runtime has no WebAssembly SIMD';
  if (!(memory.buffer instanceof ArrayBuffer)) {
    return 'the wasm backend was started with threads; call useEngine before anything else starts it';
  }
  return null;
}

const failures = ['uncaughtException', 'unhandledRejection'] as const;

/** What listens to the process's failures now, in Node. */
function failureListeners(): ReadonlySet<unknown> {
  return new Set(
    inNode() ? failures.flatMap((failure) => process.listeners(failure as 'uncaughtException')) : [],
  );
}

/**
 * Takes off the listeners that the wasm module added when it started: they throw every uncaught error of the
 * process again, from a minified line of their own, which Node then prints in front of the error.
 */
function dropAddedListeners(before: ReadonlySet<unknown>): void {
  if (!inNode()) return;
  for (const failure of failures) {
    for (const listener of process.listeners(failure as 'uncaughtException')) {
      if (!before.has(listener)) process.removeListener(failure, listener);
    }
  }
}

/** The package, or null where it is not installed. Written out, so that tools that bundle a page find it. */
async function importPackage() {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    if (isMissing(error, packageName)) return null;
    throw error;
  }
}

async function packageFolder(): Promise<string | null> {
  if (!inNode()) return null;
  const { createRequire } = await importOfNode<typeof import('node:module')>('node:module');
  const { dirname } = await importOfNode<typeof import('node:path')>('node:path');
  return dirname(createRequire(import.meta.url).resolve(packageName));
}
