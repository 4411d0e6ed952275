import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { loadCpu, loadTensorFlow, loadWebGl, loadWebGpu } from './backends/others';
import { loadWasm } from './backends/wasm';
import { compiles } from './compile';
import { type EngineName, type EngineThreads, engines } from './engines';
import { installTraining } from './install';
import { faultOfBackend } from './self-check';

/** Which engine was chosen, and why. */
export interface EngineInfo {
  /** The engine in use; also the name of its tfjs backend. */
  readonly name: EngineName;
  readonly requested: EngineName | 'auto';
  /** For a person, such as `wasm: WebAssembly SIMD on one thread`. */
  readonly description: string;
  readonly threads: EngineThreads;
  /** One line for each engine that `auto` passed over, with the reason. */
  readonly notes: readonly string[];
  /** Whether {@link compile} turns a step into one function here. */
  readonly compiles: boolean;
}

/** Settings of {@link useEngine}. */
export interface EngineOptions {
  /** Folder (or URL) of the .wasm files of `@tensorflow/tfjs-backend-wasm`; in Node they are found by themselves. */
  readonly wasmFolder?: string;
  /**
   * Threads within an op on `tensorflow`, one for each processor where left out; settled once in a process. The other
   * engines compute on one and take no notice. Results depend on it in their last digits.
   */
  readonly threads?: number;
}

/**
 * Chooses the engine: makes its tfjs backend the current one and makes it fit for training ({@link installTraining}).
 *
 * `auto` takes the first of {@link engines} that loads: tensorflow, webgpu, wasm, webgl, cpu. WebGPU and WebGL depend on the device and
 * its driver, and are taken only where a small network and its gradients come out as in plain JavaScript. Calling it
 * again changes the engine; tensors made before move along as tfjs moves them.
 *
 * @throws OverparamError `engine-unavailable` where a named engine cannot be loaded: what is missing, how to get it;
 *   `unknown-engine` for another name
 * @example
 * const engine = await useEngine();
 * console.log(engine.name); // wasm
 */
export async function useEngine(
  requested: EngineName | 'auto' = 'auto',
  options: EngineOptions = {},
): Promise<EngineInfo> {
  const tried = engines.filter(({ name }) => requested === 'auto' || requested === name);
  if (tried.length === 0) {
    throw new OverparamError(
      'unknown-engine',
      `There is no engine '${requested}'. Expected one of auto, ${engines.map(({ name }) => name).join(', ')}.`,
    );
  }
  const load: Record<EngineName, () => Promise<string | null>> = {
    tensorflow: () => loadTensorFlow(options.threads),
    webgpu: async () => (await loadWebGpu(requested !== 'auto')) ?? (await faultOfBackend()),
    wasm: () => loadWasm(options.wasmFolder),
    webgl: async () => (await loadWebGl()) ?? (await faultOfBackend()),
    cpu: loadCpu,
  };
  const notes: string[] = [];
  const before: string | undefined = tf.getBackend();
  for (const { name, title, threads } of tried) {
    const reason = await load[name]();
    if (reason === null) {
      installTraining();
      const description = `${name}: ${title}`;
      return { name, requested, description, threads, notes, compiles: compiles() };
    }
    notes.push(`${name} passed over: ${reason}`);
  }
  // One that was tried may be the current one, and does not compute what it should.
  if (before !== undefined) await tf.setBackend(before);
  throw new OverparamError(
    'engine-unavailable',
    `The engine '${requested}' cannot be used: ${notes.map((note) => note.replace(/^.*?: |\.$/g, '')).join('; ')}. ` +
      `Use --engine auto (in code: useEngine('auto')) for the best engine that is there (backend: ${tf.getBackend()}).`,
  );
}
