import { openOnnx } from '@overparam/export-onnx/node';
import {
  calibrate,
  type Examples,
  encodeInt8,
  type Grids,
  type PlaceOptions,
  simulate,
} from '@overparam/quantise';
import * as tf from '@tensorflow/tfjs';

/** Numbers from -1 to 1 that follow from a seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 4294967296) * 2 - 1;
  };
}

/** Gives all weights of a network values that follow from a seed; those of other channels are of other sizes. */
export function fill(model: tf.LayersModel, seed: number): tf.LayersModel {
  const next = numbers(seed);
  for (const layer of model.layers) {
    layer.setWeights(
      layer.getWeights().map((weight) => {
        const last = weight.shape.at(-1) ?? 1;
        const values = Float32Array.from({ length: weight.size }, (_, at) =>
          weight.rank < 2 ? 0.2 * next() : next() * 0.4 * 2 ** -((at % last) % 5),
        );
        return tf.tensor(values, weight.shape);
      }),
    );
  }
  return model;
}

/** Inputs of a network's own shape. */
export function inputs(model: tf.LayersModel, count: number, seed: number): tf.Tensor {
  const next = numbers(seed);
  const shape = [count, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => 2 * next()),
    shape,
  );
}

export const examplesOf = (...tensors: readonly tf.Tensor[]): Examples =>
  async function* read() {
    for (const tensor of tensors) yield tf.clone(tensor);
  };

/** What a network computes: as it is, simulated in eight bits, and as a file in ONNX Runtime, with its changes and without. */
export async function inEightBits(
  model: tf.LayersModel,
  x: tf.Tensor,
  { grids, ...options }: PlaceOptions & { readonly grids?: Grids } = {},
) {
  const found = grids ?? (await calibrate(model, examplesOf(x), { ...options, rule: 'minmax' })).grids;
  const simulation = simulate(model, found, options);
  const network = await encodeInt8(simulation);
  const run = async (optimise: boolean) => {
    const session = await openOnnx(network.bytes, network, { optimise });
    const outputs = await session.run([x]);
    await session.close();
    return outputs;
  };
  const results = {
    operators: network.operators,
    grids: found,
    float: [model.predict(x)].flat() as tf.Tensor[],
    simulated: [simulation.model.predict(x)].flat() as tf.Tensor[],
    optimised: await run(true),
    plain: await run(false),
  };
  simulation.dispose();
  return results;
}

/** Root of the mean squared difference over that of the reference, the worst of all outputs. */
export function noise(given: readonly tf.Tensor[], reference: readonly tf.Tensor[]): number {
  return Math.max(
    ...reference.map((own, index) =>
      tf.tidy(() => {
        const difference = tf.sum(tf.square(tf.sub(given[index]!, own))).dataSync()[0]!;
        return Math.sqrt(difference / Math.max(1e-30, tf.sum(tf.square(own)).dataSync()[0]!));
      }),
    ),
  );
}
