import { readdirSync, readFileSync } from 'node:fs';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { importNetwork } from '@overparam/import';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputsInTorch, stopTorch } from '../formats/torch';

const folder = new URL('../../packages/import/test/fixtures/keras/', import.meta.url);

/** What Keras says of a fixture: see make-keras.py, also for what goes in. */
interface Computed {
  readonly inputs: readonly number[][];
  readonly outputs: readonly { readonly shape: number[]; readonly data: number[] }[];
}

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterAll(stopTorch);

const turned = (x: tf.Tensor, order: number[]) => (x.rank === 4 ? tf.transpose(x, order) : tf.clone(x));

function expectClose(found: tf.Tensor, { shape, data }: Computed['outputs'][number]): void {
  expect(found.shape).toEqual(shape);
  const most = Math.max(...data.map(Math.abs));
  const values = found.dataSync();
  expect(Math.max(...data.map((value, index) => Math.abs(value - values[index]!))) / most).toBeLessThan(1e-5);
}

test.each(names)('what Keras computes of %s, others compute of the files that it becomes', async (name) => {
  const { inputs, outputs } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Computed;
  const { model } = await importNetwork(new URL(`${name}.keras`, folder).pathname);
  const given = inputs.map((shape) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(0.37 * (i + 1))),
      shape,
    );
  });
  const network = await encodeNetworkAsOnnx(model);
  const session = await InferenceSession.create(network.bytes, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    network.inputs.map((end, index) => {
      const x = turned(given[index]!, [0, 3, 1, 2]);
      return [end.name, new Tensor('float32', Float32Array.from(x.dataSync()), x.shape)];
    }),
  );
  const results = await session.run(feeds);
  for (const [index, end] of network.outputs.entries()) {
    const { data, dims } = results[end.name]!;
    expectClose(turned(tf.tensor(data as Float32Array, [...dims]), [0, 2, 3, 1]), outputs[index]!);
  }
  await session.release();
  if (!process.env.OVERPARAM_PYTHON) return;
  const refused = (error: { code?: string }) =>
    error.code === 'unsupported-layer' ? null : Promise.reject(error);
  const made = await outputsInTorch(model, given).catch(refused);
  for (const [index, tensor] of (made ?? []).entries()) expectClose(tensor, outputs[index]!);
});
