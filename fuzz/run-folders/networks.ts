import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import '@overparam/core-reparam';
import '@overparam/method-fnl';
import { readNetwork } from '@overparam/export/node';
import * as tf from '@tensorflow/tfjs';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { copiedRun, makeSoundRun, soundRun } from './sound-run';

/** A file of a saved network. */
function networkFile(name: string, change: Target['change']): Target {
  return {
    name: `run: ${name}`,
    sealed: true,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), name))],
    change,
    async read(bytes, folder) {
      await tf.setBackend('cpu');
      const run = await copiedRun(folder);
      await writeFile(join(run, name), bytes);
      const { model, metadata } = await readNetwork(dirname(join(run, name)));
      try {
        return [
          JSON.stringify(model.toJSON(null, false)),
          model.getWeights().map((weight) => weight.dataSync()),
          metadata,
        ];
      } finally {
        model.dispose();
      }
    },
  };
}

/** The networks of a run folder. */
export const savedNetworks: readonly Target[] = [
  networkFile('final/model.json', changeText),
  networkFile('final/weights.safetensors', changeBytes),
  networkFile('collapsed/model.json', changeText),
  networkFile('collapsed/weights.safetensors', changeBytes),
];
