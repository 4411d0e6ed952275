import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetTask, OpenDataset } from '@overparam/plugin';
import { evaluationBatches, predict } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { classColour, depthColour, noLabel, normalColour, type Pixel } from '../image/colours';
import { encodePng } from '../image/png';
import { writeAtomically } from './files';

/** Scenes that are shown, the first of the test split. */
const scenes = 3;

type Values = Float32Array | Int32Array | Uint8Array;

/** Draws one value of a map: its place among the pixels decides what is read. */
type Draw = (values: Values, pixel: number) => Pixel;

/** Least and largest value of those that count. */
function rangeOf(values: Values, counts: (value: number) => boolean): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!counts(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** How a task's labels and predictions are drawn; null for kinds that are no images. */
function drawingOf(
  { kind, outputs }: DatasetTask,
  label: Values,
): { readonly truth: Draw; readonly prediction: Draw } | null {
  if (kind === 'segmentation') {
    return {
      truth: (values, pixel) => (values[pixel]! < 0 ? noLabel : classColour(values[pixel]!)),
      prediction(values, pixel) {
        let best = 0;
        for (let at = 1; at < outputs; at++) {
          if (values[pixel * outputs + at]! > values[pixel * outputs + best]!) best = at;
        }
        return classColour(best);
      },
    };
  }
  if (kind === 'depth') {
    // Truth and prediction are drawn on one scale: the truth's own.
    const [near, far] = rangeOf(label, (value) => value !== 0);
    const draw = (value: number) => depthColour((value - near) / Math.max(far - near, 1e-6));
    return {
      truth: (values, pixel) => (values[pixel] === 0 ? noLabel : draw(values[pixel]!)),
      prediction: (values, pixel) => draw(values[pixel]!),
    };
  }
  if (kind !== 'normals') return null;
  const draw: Draw = (values, pixel) =>
    normalColour(values[pixel * 3]!, values[pixel * 3 + 1]!, values[pixel * 3 + 2]!);
  return {
    truth: (values, pixel) =>
      [0, 1, 2].every((at) => values[pixel * 3 + at] === 0) ? noLabel : draw(values, pixel),
    prediction: draw,
  };
}

function paint(values: Values, height: number, width: number, draw: Draw): Buffer {
  const pixels = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) pixels.set(draw(values, pixel), pixel * 3);
  return encodePng(pixels, height, width);
}

/** The network's input as a picture, stretched from its least to its largest value as it may be normalised. */
function inputPicture(x: Float32Array, [height, width, channels]: readonly number[]): Buffer {
  const [low, high] = rangeOf(x, () => true);
  const shown = (value: number) => Math.round((255 * (value - low)) / Math.max(high - low, 1e-6));
  return paint(x, height!, width!, (values, pixel) => {
    const at = (channel: number) => shown(values[pixel * channels! + Math.min(channel, channels! - 1)]!);
    return [at(0), at(1), at(2)];
  });
}

/** Pictures of one scene by file name. */
async function picturesOf(
  dataset: OpenDataset,
  scene: number,
  tensors: Readonly<Record<string, tf.Tensor>>,
  predictions: readonly tf.Tensor[],
): Promise<Map<string, Buffer>> {
  const [height, width] = dataset.inputShape;
  const pictures = new Map<string, Buffer>();
  const x = (await tensors.x!.data()) as Float32Array;
  pictures.set(`${scene}-input.png`, inputPicture(x, dataset.inputShape));
  for (const [index, task] of dataset.tasks.entries()) {
    const label = (await tensors[`label/${task.name}`]!.data()) as Values;
    const drawing = drawingOf(task, label);
    if (!drawing) continue;
    const prediction = (await predictions[index]!.data()) as Float32Array;
    pictures.set(`${scene}-${task.name}-truth.png`, paint(label, height, width, drawing.truth));
    pictures.set(
      `${scene}-${task.name}-prediction.png`,
      paint(prediction, height, width, drawing.prediction),
    );
  }
  return pictures;
}

/**
 * Writes pictures of the first test scenes: `<scene>-input.png`, and `<scene>-<task>-truth.png` and `-prediction.png` for
 * tasks whose labels are images. Writes nothing where no task's are.
 *
 * @param networks  one with an output for each task, or one for each task with its output alone
 * @param size      examples of the test split
 */
export async function writePanels(
  folder: string,
  dataset: OpenDataset,
  networks: readonly tf.LayersModel[],
  size: number,
): Promise<void> {
  if (!dataset.tasks.some(({ kind }) => ['segmentation', 'depth', 'normals'].includes(kind))) return;
  await mkdir(folder, { recursive: true });
  const options = { split: 'test', size: Math.min(scenes, size), batch: 1 };
  let scene = 0;
  for await (const { tensors } of evaluationBatches(dataset, options)) {
    const predictions = tf.tidy(() => [...predict(networks, tensors.x!)]);
    try {
      for (const [name, picture] of await picturesOf(dataset, scene, tensors, predictions)) {
        await writeAtomically(join(folder, name), picture);
      }
    } finally {
      tf.dispose([tensors, predictions]);
    }
    scene++;
  }
}
