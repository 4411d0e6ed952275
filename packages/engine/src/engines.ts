/** The backends that training runs on. */
export type EngineName = 'tensorflow' | 'webgpu' | 'wasm' | 'webgl' | 'cpu';

/**
 * What the number of threads means on an engine. `chosen`: as many as are asked for, one for each processor by default,
 * and results depend on it in their last digits. `one`: it computes on a single one. `own`: the engine decides, and
 * cannot be told.
 */
export type EngineThreads = 'chosen' | 'one' | 'own';

/** An engine, whether or not it can be had on this machine. */
export interface Engine {
  /** Also the name of its tfjs backend. */
  readonly name: EngineName;
  /** What it is, in a few words. */
  readonly title: string;
  /** One line for lists: what it is and where it runs. */
  readonly summary: string;
  readonly threads: EngineThreads;
}

/** The engines, in the order in which `auto` tries them. */
export const engines: readonly Engine[] = [
  {
    name: 'tensorflow',
    title: 'native TensorFlow',
    summary: 'Native TensorFlow through its C API, where @overparam/engine-tensorflow finds its library',
    threads: 'chosen',
  },
  {
    name: 'webgpu',
    title: 'WebGPU',
    summary: 'WebGPU, where the host and @tensorflow/tfjs-backend-webgpu offer it',
    threads: 'own',
  },
  {
    name: 'wasm',
    title: 'WebAssembly SIMD on one thread',
    summary: 'WebAssembly with SIMD, where @tensorflow/tfjs-backend-wasm is: runs everywhere',
    threads: 'one',
  },
  // Behind WebAssembly, which computes in float32 on every device; many a device has no more than half of that here.
  {
    name: 'webgl',
    title: 'WebGL',
    summary: 'WebGL, in browsers: before plain JavaScript where there is no WebAssembly backend',
    threads: 'own',
  },
  {
    name: 'cpu',
    title: 'plain JavaScript, slow: for tests and for want of anything else',
    summary: "tfjs's plain JavaScript; always there, and slow, for checks",
    threads: 'one',
  },
];
