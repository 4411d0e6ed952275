import { encodeNetworkAsOnnx, type OnnxOptions } from '@overparam/export-onnx';
import type * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What ONNX Runtime makes of a network's file, by output: numbers, and their shape. Inputs are given as ONNX has them. */
export async function runInOnnxRuntime(
  model: tf.LayersModel,
  inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>,
  options: OnnxOptions = {},
  type: 'float32' | 'uint8' | 'int32' = 'float32',
): Promise<Record<string, { shape: number[]; data: number[] }>> {
  const { bytes } = await encodeNetworkAsOnnx(model, options);
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => {
      const kinds = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };
      return [name, new Tensor(type, kinds[type].from(data) as Float32Array, [...shape])];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [
      name,
      { shape: [...tensor.dims], data: [...(tensor.data as Float32Array)] },
    ]),
  );
}
