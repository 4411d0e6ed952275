import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { GraphEnd } from './encode';
import { orderOf } from './layout';

type Runtime = typeof import('onnxruntime-node');

/**
 * ONNX Runtime, which is there only where it was installed.
 *
 * @throws OverparamError `onnxruntime-missing`
 */
export async function loadRuntime(): Promise<Runtime> {
  try {
    const found = (await import('onnxruntime-node')) as Runtime & { default?: Runtime };
    return found.default ?? found;
  } catch (cause) {
    throw new OverparamError(
      'onnxruntime-missing',
      'Comparing an ONNX file needs ONNX Runtime, which is not installed. Install it with: npm install onnxruntime-node@1.30.0 (about 280 MB).',
      { cause },
    );
  }
}

/** A tensor as ONNX Runtime takes it, its channels first. */
export async function fed({ Tensor }: Runtime, probe: tf.Tensor, { type }: GraphEnd): Promise<OnnxTensor> {
  if (type === 'uint8') return new Tensor('uint8', Uint8Array.from(await probe.data()), probe.shape);
  const turned = tf.tidy(() => tf.clone(tf.transpose(probe, orderOf(probe.rank))));
  try {
    const data = await turned.data();
    return type === 'int32'
      ? new Tensor('int32', Int32Array.from(data), turned.shape)
      : new Tensor('float32', Float32Array.from(data), turned.shape);
  } finally {
    turned.dispose();
  }
}

/** An ONNX file, opened in ONNX Runtime. */
export interface OnnxSession {
  /** The version of ONNX Runtime. */
  readonly runtime: string;
  /**
   * Runs the file.
   *
   * @param inputs  one for each of the file's, in TensorFlow.js's order of axes; borrowed
   * @returns       one for each of its outputs, in that order too; the caller disposes
   */
  run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]>;
  /** Frees it. */
  close(): Promise<void>;
}

/**
 * Opens an ONNX file in ONNX Runtime.
 *
 * @param bytes    the file's contents
 * @param options  `optimise`: whether the runtime may change the graph, as it does by default
 * @throws OverparamError `onnxruntime-missing`; `onnx-refused` where the runtime does not take the file
 */
export async function openOnnx(
  bytes: Uint8Array,
  { inputs, outputs }: { readonly inputs: readonly GraphEnd[]; readonly outputs: readonly GraphEnd[] },
  { optimise = true }: { readonly optimise?: boolean } = {},
): Promise<OnnxSession> {
  const runtime = await loadRuntime();
  const refused = (cause: unknown) =>
    new OverparamError('onnx-refused', `ONNX Runtime does not take the file: ${(cause as Error).message}`, {
      cause,
    });
  let session: InferenceSession;
  try {
    session = await runtime.InferenceSession.create(bytes, {
      graphOptimizationLevel: optimise ? 'all' : 'disabled',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw refused(cause);
  }
  return {
    runtime: runtime.env.versions.common,
    async run(given) {
      const feeds: Record<string, OnnxTensor> = {};
      for (const [index, end] of inputs.entries()) feeds[end.name] = await fed(runtime, given[index]!, end);
      const results = await session.run(feeds).catch((cause: unknown) => {
        throw refused(cause);
      });
      return outputs.map(({ name }) => {
        const { data, dims } = results[name]!;
        const order = orderOf(dims.length);
        return tf.tidy(() =>
          tf.transpose(
            tf.tensor(data as Float32Array, [...dims]),
            order.map((_, axis) => order.indexOf(axis)),
          ),
        );
      });
    },
    close: () => session.release(),
  };
}
