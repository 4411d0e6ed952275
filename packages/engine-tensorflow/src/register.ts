import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from './backend/backend';
import { backendClass } from './backend-class';
import { Binding } from './binding/binding';
import { checkedOptions, type DeviceOptions } from './binding/context';
import { loadLibrary } from './binding/library';
import type { Cluster } from './cluster/cluster';
import * as cluster from './cluster/join';
import { registerFileSystem } from './file-system';
import { locate } from './library/locate';
import { assertVersion } from './library/version';

const name = 'tensorflow';
/** Above all of tfjs's own backends, as tfjs-node's. */
const priority = 3;

let settings = checkedOptions({});
let starting: Promise<() => TensorFlowBackend> | null = null;
let create: (() => TensorFlowBackend) | null = null;

/**
 * Finds TensorFlow's library, loads it and starts its runtime; what the backend does by itself when it is first used. The
 * first call settles the options, for as long as the process lasts; one that fails starts nothing, and another may follow
 * with other options.
 *
 * @param options  each that is left out is that of the call before, or the default
 * @throws OverparamError saying what is missing and how to get it; `options` where a value is none that the option can
 *   have; `gpu-missing` where a GPU is asked for and TensorFlow finds none; `already-started` where TensorFlow runs or
 *   starts with other options
 */
export async function startTensorflow(options?: DeviceOptions): Promise<void> {
  if (options !== undefined) settle(checkedOptions({ ...settings, ...options }));
  starting ??= start();
  try {
    create = await starting;
  } catch (error) {
    // A library that is installed afterwards is found by the next attempt.
    starting = null;
    throw error;
  }
}

/**
 * Makes this process one of several workers, before TensorFlow starts in it: the backend then listens on the worker's port, and the
 * kernel `SumOverWorkers` sums a tensor over all of them, in compiled steps as outside. Once in a process.
 *
 * @throws OverparamError `invalid-cluster`; `port-in-use`; `already-started` where TensorFlow runs or the process is a worker
 * @example
 * await joinWorkers({ workers: ['localhost:2221', 'localhost:2222'], index: 0 });
 */
export async function joinWorkers(of: Cluster): Promise<void> {
  await cluster.joinWorkers(of, starting !== null);
}

function settle(options: Required<DeviceOptions>): void {
  const [asked, used] = [JSON.stringify(options), JSON.stringify(settings)];
  if (starting !== null && asked !== used) {
    throw new OverparamError(
      'already-started',
      `TensorFlow was started with ${used} and cannot change to ${asked}. Call startTensorflow with options before ` +
        'anything uses the backend, once in a process.',
    );
  }
  settings = options;
}

async function start(): Promise<() => TensorFlowBackend> {
  const located = await locate();
  const library = loadLibrary(located);
  // A file's name and surroundings may say less than the library itself.
  assertVersion(library.version, located.library);
  const binding = new Binding(library, settings);
  cluster.enableCollectives(binding, settings);
  const Backend = await backendClass();
  return () => new Backend(binding);
}

/** `start` is for those who choose among backends: its error says what tfjs would print and answer with false. */
const factory = Object.assign(() => create?.() ?? startTensorflow().then(() => create!()), {
  start: startTensorflow,
});

/**
 * Registers the backend `tensorflow` and files as `file://` with tfjs; importing the package does it. The library is loaded
 * on first use.
 */
export function registerTensorflow(): void {
  if (name in tf.engine().registryFactory) return;
  tf.registerBackend(name, factory, priority);
  registerFileSystem();
}
