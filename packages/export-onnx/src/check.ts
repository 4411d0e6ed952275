import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { GraphEnd } from './encode';
import { fed, loadRuntime } from './session';

/** How a file is compared with its network. */
export interface OnnxCheckOptions {
  /** Inputs of the network, in TensorFlow.js's order of axes; borrowed. */
  readonly probes: readonly tf.Tensor[];
  /** What the network makes of them; borrowed. Where left out, it is run. */
  readonly expected?: readonly tf.Tensor[];
}

/** How far one output is from the network's. */
export interface OnnxGap {
  readonly output: string;
  /** max|difference| / max|reference|. */
  readonly gap: number;
  /** The same without the farthest thousandth of all places: a tie that falls the other way moves all behind it. */
  readonly gapOfMost: number;
}

/** What a comparison came to. */
export interface OnnxCheck {
  /** The version of ONNX Runtime. */
  readonly runtime: string;
  /** The worse of with and without the runtime's own changes of the graph. */
  readonly outputs: readonly OnnxGap[];
}

/**
 * Runs an ONNX file in ONNX Runtime and compares it with the network that it was made of, with the runtime's changes of
 * the graph and without.
 *
 * @param bytes  the file's contents
 * @throws OverparamError `onnxruntime-missing`; `onnx-refused` where the runtime does not take the file
 */
export async function checkOnnx(
  bytes: Uint8Array,
  { inputs, outputs }: { readonly inputs: readonly GraphEnd[]; readonly outputs: readonly GraphEnd[] },
  model: tf.LayersModel,
  options: OnnxCheckOptions,
): Promise<OnnxCheck> {
  const runtime = await loadRuntime();
  const expected =
    options.expected ?? tf.tidy(() => [model.predict([...options.probes])].flat() as tf.Tensor[]);
  try {
    const references = await Promise.all(expected.map((tensor) => tensor.data()));
    const feeds: Record<string, OnnxTensor> = {};
    for (const [index, end] of inputs.entries())
      feeds[end.name] = await fed(runtime, options.probes[index]!, end);
    const gaps = new Map<string, OnnxGap>();
    for (const graphOptimizationLevel of ['all', 'disabled'] as const) {
      let session: InferenceSession | null = null;
      let results: InferenceSession.ReturnType;
      try {
        session = await runtime.InferenceSession.create(bytes, {
          graphOptimizationLevel,
          logSeverityLevel: 3,
        });
        results = await session.run(feeds);
      } catch (cause) {
        throw new OverparamError(
          'onnx-refused',
          `ONNX Runtime does not take the file of "${model.name}": ${(cause as Error).message}`,
          { cause },
        );
      }
      for (const [index, { name }] of outputs.entries()) {
        const found = gapOf(
          results[name]!.data as Float32Array,
          references[index] as Float32Array,
          expected[index]!.shape,
          name,
        );
        const before = gaps.get(name);
        gaps.set(name, before && before.gapOfMost > found.gapOfMost ? before : found);
      }
      await session.release();
    }
    return { runtime: runtime.env.versions.common, outputs: [...gaps.values()] };
  } finally {
    if (!options.expected) tf.dispose(expected as tf.Tensor[]);
  }
}

/** Compares values in ONNX's order of axes with those of TensorFlow.js. */
function gapOf(
  found: Float32Array,
  reference: Float32Array,
  shape: readonly number[],
  output: string,
): OnnxGap {
  const channels = shape.length >= 4 ? shape.at(-1)! : 1;
  const [n] = shape;
  const pixels = reference.length / channels / Math.max(1, n!);
  const differences = new Float32Array(reference.length);
  let largest = 0;
  for (let at = 0; at < reference.length; at++) {
    const channel = at % channels;
    const pixel = Math.floor(at / channels) % Math.max(1, pixels);
    const example = Math.floor(at / (channels * pixels));
    const other = found[(example * channels + channel) * pixels + pixel]!;
    const difference = Math.abs(other - reference[at]!);
    differences[at] = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    largest = Math.max(largest, Math.abs(reference[at]!));
  }
  if (found.length !== reference.length) differences.fill(Number.POSITIVE_INFINITY);
  // A pixel is as far off as its farthest channel.
  const byPlace = new Float32Array(reference.length / channels);
  for (let at = 0; at < differences.length; at++) {
    const place = Math.floor(at / channels);
    byPlace[place] = Math.max(byPlace[place]!, differences[at]!);
  }
  byPlace.sort();
  const relative = (value: number | undefined) =>
    value === undefined ? 0 : value / Math.max(largest, 1e-30);
  const most = Math.max(0, Math.ceil(byPlace.length * 0.999) - 1);
  return { output, gap: relative(byPlace.at(-1)), gapOfMost: relative(byPlace[most]) };
}
