import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { importNetwork, readTensors } from '@overparam/import';
import * as tf from '@tensorflow/tfjs';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { checkArray, fileOf, fixture } from './files';
import { rewriteStored } from './stored-zip';

const fixtures = 'import/test/fixtures';

/** A network that was read, as its contents. */
async function contents(path: string): Promise<unknown> {
  await tf.setBackend('cpu');
  const { model } = await importNetwork(path);
  try {
    return [JSON.stringify(model.toJSON(null, false)), model.getWeights().map((weight) => weight.dataSync())];
  } finally {
    model.dispose();
  }
}

/** Tensors that were read: as many numbers as their shapes say. */
function checkTensors(value: unknown): string | null {
  return (
    [...(value as ReadonlyMap<string, unknown>).values()]
      .map(checkArray)
      .find((problem) => problem !== null) ?? null
  );
}

const sameContents = () => null;

/** A layers model of TensorFlow.js, whose weights are as many as they must be. */
const topology = Buffer.from(
  JSON.stringify({
    format: 'layers-model',
    generatedBy: 'TensorFlow.js tfjs-layers v4.22.0',
    modelTopology: {
      class_name: 'Functional',
      config: {
        name: 'net',
        layers: [
          {
            class_name: 'InputLayer',
            name: 'x',
            config: { name: 'x', batch_input_shape: [null, 6, 6, 2] },
            inbound_nodes: [],
          },
          {
            class_name: 'Conv2D',
            name: 'c',
            config: { name: 'c', filters: 2, kernel_size: [3, 3], padding: 'same', activation: 'relu' },
            inbound_nodes: [[['x', 0, 0, {}]]],
          },
          {
            class_name: 'Add',
            name: 'a',
            config: { name: 'a' },
            inbound_nodes: [
              [
                ['c', 0, 0, {}],
                ['x', 0, 0, {}],
              ],
            ],
          },
          { class_name: 'Flatten', name: 'f', config: { name: 'f' }, inbound_nodes: [[['a', 0, 0, {}]]] },
          {
            class_name: 'Dense',
            name: 'd',
            config: { name: 'd', units: 2, use_bias: false },
            inbound_nodes: [[['f', 0, 0, {}]]],
          },
        ],
        input_layers: [['x', 0, 0]],
        output_layers: [['d', 0, 0]],
      },
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: [
          { name: 'c/kernel', shape: [3, 3, 2, 2], dtype: 'float32' },
          { name: 'c/bias', shape: [2], dtype: 'float32' },
          {
            name: 'd/kernel',
            shape: [72, 2],
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
          },
        ],
      },
    ],
  }),
);
const weights = Buffer.alloc(4 * 38 + 144, 3);

/** Networks and tensors of other programs. */
export const imports: readonly Target[] = [
  {
    name: 'PyTorch checkpoint',
    sealed: false,
    samples: () =>
      Promise.all(
        ['types', 'training', 'protocol4'].map((name) => fixture(`${fixtures}/checkpoints/${name}.pth`)),
      ),
    change: changeBytes,
    read: async (bytes, folder) => readTensors(await fileOf(folder, 'a.pth', bytes)),
    check: checkTensors,
  },
  {
    // The archive's checksums are made anew, so that the pickle itself is reached.
    name: 'PyTorch pickle',
    sealed: false,
    samples: () =>
      Promise.all(
        ['types', 'training', 'protocol4'].map((name) => fixture(`${fixtures}/checkpoints/${name}.pth`)),
      ),
    change: (bytes, random) =>
      rewriteStored(
        bytes,
        (name) => name.endsWith('data.pkl'),
        (part) => changeBytes(part, random),
      ),
    read: async (bytes, folder) => readTensors(await fileOf(folder, 'a.pth', bytes)),
    check: checkTensors,
  },
  {
    name: 'import of blocks',
    sealed: false,
    samples: async () => [await fixture(`${fixtures}/networks/fnl-low-rank.pth`)],
    change: (bytes, random) =>
      rewriteStored(
        bytes,
        (name) => name.endsWith('data.pkl'),
        (part) => changeBytes(part, random),
      ),
    async read(bytes, folder) {
      await tf.setBackend('cpu');
      const { model } = await importNetwork(await fileOf(folder, 'a.pth', bytes), { size: [8, 8] });
      const found = model.getWeights().map((weight) => weight.dataSync());
      model.dispose();
      return found;
    },
    check: sameContents,
  },
  {
    name: 'keras',
    sealed: false,
    samples: () => Promise.all(['network', 'two'].map((name) => fixture(`${fixtures}/keras/${name}.keras`))),
    change: changeBytes,
    read: async (bytes, folder) => contents(await fileOf(folder, 'a.keras', bytes)),
    check: sameContents,
  },
  {
    name: 'keras config',
    sealed: false,
    samples: () =>
      Promise.all(['network', 'sequential'].map((name) => fixture(`${fixtures}/keras/${name}.keras`))),
    change: (bytes, random) =>
      rewriteStored(
        bytes,
        (name) => name === 'config.json',
        (part) => changeText(part, random),
      ),
    read: async (bytes, folder) => contents(await fileOf(folder, 'a.keras', bytes)),
    check: sameContents,
  },
  {
    name: 'keras weights',
    sealed: false,
    samples: async () => [await fixture(`${fixtures}/keras/sequential.keras`)],
    change: (bytes, random) =>
      rewriteStored(
        bytes,
        (name) => name.endsWith('.h5'),
        (part) => changeBytes(part, random),
      ),
    read: async (bytes, folder) => contents(await fileOf(folder, 'a.keras', bytes)),
    check: sameContents,
  },
  {
    name: 'keras h5',
    sealed: false,
    samples: async () => [
      readFileSync(new URL('../../packages/import/test/fixtures/keras/two.h5', import.meta.url)),
    ],
    change: changeBytes,
    read: async (bytes, folder) => contents(await fileOf(folder, 'a.h5', bytes)),
    check: sameContents,
  },
  {
    name: 'tfjs model',
    sealed: false,
    samples: async () => [topology],
    change: changeText,
    async read(bytes, folder) {
      const place = join(folder, 'tfjs');
      await mkdir(place, { recursive: true });
      await fileOf(place, 'w.bin', weights);
      return contents(await fileOf(place, 'model.json', bytes));
    },
    check: sameContents,
  },
];
