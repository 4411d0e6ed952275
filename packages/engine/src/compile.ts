import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { type Precision, requirePrecision } from './precision';
import { type Recompute, requireRecompute } from './recompute';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A step as {@link compile} returns it. */
export interface CompiledStep {
  /** Runs the step. The caller disposes what it returns; the inputs stay the caller's. */
  (inputs: Tensors): Tensors;
  /** Frees what compiling made. The step must not be called afterwards. */
  dispose(): void;
}

/** How {@link compile} makes a step. */
export interface CompileOptions {
  /** `float32` where left out. */
  readonly precision?: Precision;
  /** What backward passes by `backwardPasses` find kept; `none` where left out. */
  readonly recompute?: Recompute;
  /**
   * Whether variables keep the values of the first call, whatever happens to them later; false where left out. A backend
   * then computes with constants: what is fused with a convolution, and weights that are put in order once.
   */
  readonly frozen?: boolean;
}

/**
 * The capability that a tfjs backend may offer: turning a step into one function of its own. Looked for on the
 * backend object (`tf.backend()`). A trace must give the results that {@link compile} promises.
 */
export interface CompilingBackend {
  /** A step as one function of the backend; traced at its first call. */
  compileStep(step: (inputs: Tensors) => Tensors, options?: CompileOptions): CompiledStep;
  /** See {@link estimatePasses}. Optional. */
  estimatePasses?(
    step: (inputs: Tensors) => Tensors,
    inputs: Tensors,
    options?: CompileOptions,
  ): PassMemory | null;
}

/** Whether the current backend compiles steps; elsewhere they run as written. */
export function compiles(): boolean {
  return typeof (tf.backend() as Partial<CompilingBackend>).compileStep === 'function';
}

/**
 * Prepares a training step to be run many times.
 *
 * The step is a function of its inputs. Captured besides them: every `tf.Variable` it reads or assigns (their values
 * of the moment of each call, and assignments last), and tensors made before, which must outlive the step and whose
 * values count as constants. Not captured: JavaScript values. A number that changes between steps - a learning rate,
 * a mask - must come in as a tensor, since a tracing backend sees it once only. Nor can a step make variables: they have
 * to be there before.
 *
 * Where the backend offers {@link CompilingBackend} the step is traced and runs as one function. Elsewhere it runs
 * as written, under the same rule: reading a value inside it (`dataSync`, `data`, `array`, `print`) is an error, so
 * that what runs here also compiles. Everything the step makes and does not return is freed.
 *
 * @param step  from tensors to tensors; synchronous
 * @throws OverparamError (from the compiled step) `precision-unsupported` where the backend has none of that kind;
 *   `unknown-recompute`
 * @throws OverparamError (from the compiled step) `read-in-step` where a value is read inside the step;
 *   `step-asynchronous` where it returns a promise; `step-disposed` where it is called after `dispose`
 */
export function compile(step: (inputs: Tensors) => Tensors, options: CompileOptions = {}): CompiledStep {
  let traced: { readonly backend: string; readonly run: CompiledStep } | null = null;
  let disposed = false;
  const run = (inputs: Tensors): Tensors => {
    if (disposed) {
      throw new OverparamError(
        'step-disposed',
        'A compiled step was called after its dispose(). Compile it again.',
      );
    }
    requirePrecision(options.precision ?? 'float32');
    requireRecompute(options.recompute ?? 'none');
    if (!compiles()) return runStrictly(step, inputs);
    if (traced?.backend !== tf.getBackend()) {
      traced?.run.dispose();
      traced = {
        backend: tf.getBackend(),
        run: (tf.backend() as unknown as CompilingBackend).compileStep(step, options),
      };
    }
    return traced.run(inputs);
  };
  const dispose = () => {
    traced?.run.dispose();
    traced = null;
    disposed = true;
  };
  return Object.assign(run, { dispose });
}

/** What a step's passes hold at most, in bytes: activations and their gradients, by what is kept for backward passes. */
export type PassMemory = Readonly<Record<Recompute, number>>;

/**
 * About what a step's passes (see `backwardPasses`) hold at most, without and with blocks that are made again; the step
 * is looked at, not run, and nothing is changed. Null where the backend does not compile steps, or the step has no
 * backward pass.
 *
 * @param inputs  of the shapes that the step is to be run on; their values do not matter
 * @throws OverparamError `precision-unsupported`, and what compiling the step throws
 */
export function estimatePasses(
  step: (inputs: Tensors) => Tensors,
  inputs: Tensors,
  options: Pick<CompileOptions, 'precision'> = {},
): PassMemory | null {
  requirePrecision(options.precision ?? 'float32');
  const { estimatePasses: estimate } = tf.backend() as Partial<CompilingBackend>;
  return estimate?.call(tf.backend(), step, inputs, options) ?? null;
}

type Reading = (...parameters: unknown[]) => unknown;

function runStrictly(step: (inputs: Tensors) => Tensors, inputs: Tensors): Tensors {
  const engine = tf.engine() as unknown as { readSync: Reading; read: Reading };
  const { readSync, read } = engine;
  let violation: OverparamError | null = null;
  engine.readSync = () => {
    violation = readError('dataSync, arraySync or print');
    throw violation;
  };
  engine.read = () => {
    // `data()` is asynchronous: its rejection would surface later and elsewhere, so the step reports it at its end.
    violation = readError('data or array');
    return new Promise<never>(() => {});
  };
  let outputs: Tensors;
  try {
    // Clones, so that what the step hands back of its inputs or variables is the caller's to dispose as well.
    outputs = tf.tidy(
      () =>
        Object.fromEntries(
          Object.entries(outputsOf(step, inputs)).map(([name, tensor]) => [name, tf.clone(tensor)]),
        ) as unknown as tf.NamedTensorMap,
    );
  } finally {
    engine.readSync = readSync;
    engine.read = read;
  }
  if (violation !== null) {
    tf.dispose(outputs as tf.NamedTensorMap);
    throw violation;
  }
  return outputs;
}

/** What a step gives, unless that is a promise: what the step does after its first `await` would be no part of it. */
function outputsOf(step: (inputs: Tensors) => Tensors, inputs: Tensors): Tensors {
  const outputs = step(inputs);
  const promise = outputs as unknown as PromiseLike<unknown> | undefined;
  if (typeof promise?.then !== 'function') return outputs;
  // What is left of the step runs later, outside: where it fails, this error is the reason.
  promise.then(undefined, () => {});
  throw new OverparamError(
    'step-asynchronous',
    'A compiled step returned a promise; expected tensors by name. A step is written down in one go and cannot wait: ' +
      'make it a plain function, without async, and await before or after it.',
  );
}

function readError(how: string): OverparamError {
  return new OverparamError(
    'read-in-step',
    `A compiled step read a tensor's value (${how}). A step is traced once and run many times, so values do not ` +
      'exist while it is written down. Return the tensor from the step and read it afterwards; where a value decides ' +
      'something, use tf.where.',
  );
}
