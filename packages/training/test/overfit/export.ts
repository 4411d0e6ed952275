import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { evaluationBatches } from '../../src/index';
import { closeRun, openRun } from '../support/runs';
import { batchOrder, checksum, firstWeights, recipe, setupFor } from './recipe';

/** Writes what overfit.py reads: scenes, first weights, the order of batches and the rates of each seed. */
const folder = process.argv[2]!;
mkdirSync(folder, { recursive: true });

function write(file: string, tensors: ReadonlyMap<string, tf.Tensor>): object[] {
  const parts: Buffer[] = [];
  const entries = [...tensors].map(([name, value]) => {
    const data = Float32Array.from(value.dataSync());
    parts.push(Buffer.from(data.buffer));
    return { name, shape: value.shape };
  });
  writeFileSync(join(folder, file), Buffer.concat(parts));
  return entries;
}

const seeds: object[] = [];
let scenes: object[] = [];
for (const seed of recipe.seeds) {
  const { plan, state } = await openRun(setupFor(seed, recipe.steps));
  const runs = Array.from({ length: recipe.runs }, (_, run) => {
    const weights = firstWeights(plan, seed, run);
    return { checksum: checksum(weights), weights: write(`weights-${seed}-${run}.bin`, weights) };
  });
  seeds.push({
    seed,
    runs,
    order: batchOrder(seed, recipe.steps),
    rates: Array.from({ length: recipe.steps }, (_, update) => plan.rateAt(update)),
  });
  const options = { split: 'train', size: recipe.scenes, batch: recipe.scenes };
  for await (const { tensors } of evaluationBatches(plan.dataset, options)) {
    scenes = write('scenes.bin', new Map(Object.entries(tensors)));
  }
  await closeRun({ plan, state });
}
writeFileSync(join(folder, 'exchange.json'), JSON.stringify({ recipe, scenes, seeds }));
