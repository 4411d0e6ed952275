import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import type { OpenDataset, Task } from '@overparam/plugin';
import { evaluationBatches, predict } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { encodePng } from '../image/png';

/** Scenes that are shown, the first of the test split. */
const scenes = 3;

/** The network's input as a picture, stretched from its least to its largest value as it may be normalised. */
function inputPicture(x: Float32Array, [height, width, channels]: readonly [number, number, number]): Buffer {
  const low = x.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const pixels = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const channel = Math.min(at % 3, channels - 1);
    const value = x[Math.floor(at / 3) * channels + channel]!;
    return Math.round((255 * (value - low)) / Math.max(high - low, 1e-6));
  });
  return encodePng(pixels, height, width);
}

/** Files of one scene by their names. */
async function filesOf(
  dataset: OpenDataset,
  tasks: readonly Task[],
  scene: number,
  tensors: Readonly<Record<string, tf.Tensor>>,
  predictions: readonly tf.Tensor[],
): Promise<Map<string, Buffer | string>> {
  const files = new Map<string, Buffer | string>();
  const x = (await tensors.x!.data()) as Float32Array;
  files.set(`${scene}-input.png`, inputPicture(x, dataset.inputShape));
  for (const [index, task] of tasks.entries()) {
    if (!task.picture) continue;
    const label = (await tensors[`label/${task.name}`]!.data()) as Float32Array | Int32Array;
    const prediction = (await predictions[index]!.data()) as Float32Array;
    const { height, width, ...drawn } = task.picture(prediction, label);
    files.set(`${scene}-${task.name}-truth.png`, encodePng(drawn.truth, height, width));
    files.set(`${scene}-${task.name}-prediction.png`, encodePng(drawn.prediction, height, width));
    files.set(`${scene}-${task.name}-legend.json`, `${JSON.stringify(drawn.legend, null, 2)}\n`);
  }
  return files;
}

/**
 * Writes pictures of the first test scenes: `<scene>-input.png`, and `<scene>-<task>-truth.png`, `-prediction.png` and
 * what their colours mean, `-legend.json`, for tasks that have pictures. Writes nothing where none has.
 *
 * @param networks  one with an output for each task, or one for each task with its output alone
 * @param size      examples of the test split
 */
export async function writePanels(
  folder: string,
  dataset: OpenDataset,
  tasks: readonly Task[],
  networks: readonly tf.LayersModel[],
  size: number,
): Promise<void> {
  if (!tasks.some(({ picture }) => picture)) return;
  await mkdir(folder, { recursive: true });
  const options = { split: 'test', size: Math.min(scenes, size), batch: 1 };
  let scene = 0;
  for await (const { tensors } of evaluationBatches(dataset, options)) {
    const predictions = tf.tidy(() => [...predict(networks, tensors.x!)]);
    try {
      for (const [name, content] of await filesOf(dataset, tasks, scene, tensors, predictions)) {
        await writeFileAtomic(join(folder, name), content);
      }
    } finally {
      tf.dispose([tensors, predictions]);
    }
    scene++;
  }
}
