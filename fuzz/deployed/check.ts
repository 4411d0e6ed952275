import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collapse } from '@overparam/core-reparam';
import { normalTensor } from '@overparam/engine';
import type { StoredTensor } from '@overparam/export';
import { exportNetwork, formats } from '@overparam/formats';
import type { Method } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { movedByLastBits, trainedExpanded } from '../../packages/formats/test/zoo';
import { outputsInTorch } from '../formats/torch';
import { runInPythonTensorflow } from './python-tensorflow';
import { runInStockTfjs } from './stock-tfjs';

/** How far what another program computes is from what the network computes here: max|difference| / max|reference|. */
export interface Gap {
  readonly program: string;
  /** Of all outputs, the largest. */
  readonly gap: number;
  /** The same without the farthest thousandth of pixels. */
  readonly gapOfMost: number;
}

/** The gaps of a network. */
export interface Deployed {
  readonly gaps: readonly Gap[];
  /** Whether it pools with places: rounding may move a maximum to its neighbour, so that a thousandth of pixels is free. */
  readonly chooses: boolean;
  /**
   * How far two images' outputs are apart, in the output where that is least: max|difference| / max|output|. A network
   * whose units are all dead answers everything alike, and agrees with anything.
   */
  readonly varies: number;
  /**
   * How far the collapsed network's own outputs move where the last bit of each value of the images is flipped, counted as the
   * gaps are. No program can be expected nearer than some times that.
   */
  readonly own: number;
}

/**
 * Trains a network with a method for some steps, collapses it, writes it in every format, and has others run the files.
 *
 * @param build  the network, on the present engine
 * @param steps  see `trainedExpanded`
 */
export async function checkDeployed(
  build: () => tf.LayersModel,
  method: Method,
  steps?: number,
): Promise<Deployed> {
  const network = build();
  const chooses = network.layers.some((layer) => layer.getClassName() === 'OverparamMaxPoolWithPlaces');
  const expanded = trainedExpanded(network, method, steps);
  const gaps: Gap[] = [];
  const varies = answersApart(expanded);
  let own = 0;
  for (const norms of ['fold', 'keep'] as const) {
    const { model } = collapse(expanded, { norms });
    gaps.push(await fromTrained(expanded, model));
    own = Math.max(own, movedByLastBits(model));
    for (const { name } of formats.filter((format) => format.norms === norms))
      gaps.push(...(await inFormat(model, name)));
    model.dispose();
  }
  for (const model of [network, expanded]) model.dispose();
  return { gaps, chooses, varies, own };
}

/** How far the collapsed network is from the trained one. */
async function fromTrained(expanded: tf.LayersModel, model: tf.LayersModel): Promise<Gap> {
  const x = probeOf(model);
  const outputsOf = (network: tf.LayersModel) => [network.predict(x)].flat() as tf.Tensor[];
  const [expected, found] = [outputsOf(expanded), outputsOf(model)];
  const gap = await apart('the trained network', expected, await Promise.all(found.map(stored)));
  tf.dispose([x, expected, found]);
  return gap;
}

/** See `Deployed.varies`. */
function answersApart(network: tf.LayersModel): number {
  return tf.tidy(() => {
    const outputs = [network.predict(probeOf(network))].flat() as tf.Tensor[];
    const apart = outputs.map((output) => {
      const [first, second] = tf.unstack(output) as [tf.Tensor, tf.Tensor];
      return tf.div(tf.max(tf.abs(tf.sub(first, second))), tf.max(tf.abs(output))).dataSync()[0]!;
    });
    return Math.min(...apart);
  });
}

function probeOf({ inputs: [input] }: tf.LayersModel): tf.Tensor {
  return normalTensor([6, 1], [2, ...(input!.shape.slice(1) as number[])], 0, 1);
}

async function inFormat(model: tf.LayersModel, format: string): Promise<Gap[]> {
  const [input] = model.inputs;
  const x = probeOf(model);
  const expected = tf.tidy(() => [model.predict(x)].flat() as tf.Tensor[]);
  const root = await mkdtemp(join(tmpdir(), 'overparam-deployed-'));
  const folder = join(root, format);
  try {
    if (format === 'safetensors') return await inPytorch(model, x, expected);
    const options = { to: format, probes: [x], tolerance: Number.POSITIVE_INFINITY };
    // A graph of the dilated network cannot be opened for any number of examples.
    const batch = format === 'saved-model' ? { batch: 2 } : {};
    const { readBackBy, outputs } = await exportNetwork(
      folder,
      model,
      { role: 'collapsed' },
      { ...options, ...batch },
    );
    const largest = (key: 'gap' | 'gapOfMost') => Math.max(...outputs.map((output) => output[key]));
    const gaps = [{ program: readBackBy, gap: largest('gap'), gapOfMost: largest('gapOfMost') }];
    const given = new Map([[input!.sourceLayer.name, await stored(x)]]);
    if (format === 'tfjs')
      gaps.push(await apart('stock TensorFlow.js, cpu', expected, await runInStockTfjs(folder, given)));
    if (format === 'saved-model' && process.env.OVERPARAM_TENSORFLOW_PYTHON) {
      const made = await runInPythonTensorflow(folder, given);
      const inOrder = model.outputs.map(({ sourceLayer }) => made.get(sourceLayer.name)!);
      gaps.push(await apart('tf.saved_model.load', expected, inOrder));
    }
    return gaps;
  } finally {
    tf.dispose([x, expected]);
    await rm(root, { recursive: true });
  }
}

/** PyTorch stays, as it takes seconds to start; without one there is nothing to compare. */
async function inPytorch(
  model: tf.LayersModel,
  x: tf.Tensor,
  expected: readonly tf.Tensor[],
): Promise<Gap[]> {
  if (!process.env.OVERPARAM_PYTHON) return [];
  const found = await outputsInTorch(model, [x]);
  const gaps = [await apart('PyTorch', expected, await Promise.all(found.map(stored)))];
  tf.dispose(found);
  return gaps;
}

async function stored(tensor: tf.Tensor): Promise<StoredTensor> {
  return { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(await tensor.data()) };
}

/** By a count of this file's own: pixels sorted by their farthest channel. */
async function apart(
  program: string,
  expected: readonly tf.Tensor[],
  found: readonly StoredTensor[],
): Promise<Gap> {
  const both = await Promise.all(
    expected.map(async (tensor, index) => {
      const reference = await tensor.data();
      const { data, shape } = found[index]!;
      if (shape.join() !== tensor.shape.join()) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      const channels = tensor.rank === 4 ? tensor.shape[3]! : 1;
      const pixels = Array.from({ length: reference.length / channels }, (_, pixel) =>
        Math.max(
          ...Array.from({ length: channels }, (_, channel) => {
            const at = pixel * channels + channel;
            return Math.abs(reference[at]! - (data[at] as number));
          }),
        ),
      ).sort((a, b) => a - b);
      const most = Array.from(reference as Float32Array).reduce(
        (largest, value) => Math.max(largest, Math.abs(value)),
        0,
      );
      return [pixels.at(-1)! / most, pixels[Math.ceil(pixels.length * 0.999) - 1]! / most];
    }),
  );
  return {
    program,
    gap: Math.max(...both.map(([gap]) => gap!)),
    gapOfMost: Math.max(...both.map(([, gap]) => gap!)),
  };
}
