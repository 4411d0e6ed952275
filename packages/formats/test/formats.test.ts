import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costCard } from '@overparam/core-reparam';
import { useEngine } from '@overparam/engine';
import { exportNetwork, formats } from '@overparam/formats';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowedGap, methods, movedByLastBits, networks, stepsOf, trained } from './zoo';

let folder: string;

beforeAll(async () => {
  await useEngine('auto');
  folder = await mkdtemp(join(tmpdir(), 'overparam-formats-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

// An engine may compute a fused kernel by a plain one.
test('multiply-adds are counted once on every engine', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 7, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 5, activation: 'relu' }),
      tf.layers.dense({ units: 5, useBias: false }),
    ],
  });
  const { multiplyAdds } = (await costCard(model)).expanded;
  expect(multiplyAdds).toBe(4 * 5 * 9 * 2 * 3 + 60 * 5 + 5 * 5);
});

describe.each(Object.keys(networks))('%s', (network) => {
  // Every method on the small network; of the large ones, each in turn.
  const all = Object.keys(methods);
  const index = Object.keys(networks).indexOf(network);
  const used = network === 'ResNet-8' ? all : [all[index % all.length]!];

  test.each(used)(
    'after training with %s, others compute from its files what it computes',
    async (method) => {
      for (const norms of ['fold', 'keep'] as const) {
        const model = trained(networks[network]!(), methods[method]!, norms, stepsOf[network]);
        const tolerance = allowedGap(movedByLastBits(model), 5e-5);
        for (const { name, norms: own } of formats) {
          if (own === 'keep' && norms === 'fold') continue;
          // Its graph cannot be opened for any number of examples.
          const fixed = name === 'saved-model' && network.startsWith('dilated') ? { batch: 2 } : {};
          const place = join(folder, `${index}-${method}-${norms}-${name}`);
          const report = await exportNetwork(
            place,
            model,
            { role: 'collapsed', method },
            { to: name, tolerance, ...fixed },
          );
          expect.soft(report.gap, name).toBeLessThanOrEqual(tolerance);
          expect((await readdir(place)).length).toBeGreaterThan(0);
        }
        model.dispose();
      }
    },
    // Some networks need many steps, and each of a frame that whitens is of many small products.
    600_000,
  );
});
