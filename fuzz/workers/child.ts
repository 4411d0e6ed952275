import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, recipeOf, resolveConfig } from '@overparam/config';
import { joinWorkers } from '@overparam/engine-tensorflow';
import { openDataset } from '@overparam/runner';
import {
  beginTraining,
  disposeTrained,
  planTraining,
  type Trained,
  TrainingLoop,
  variablesOf,
} from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { cases } from './cases';

/** What a worker is told, as JSON on its command line. */
export interface Orders {
  /** `host:port` of each; a single one trains by itself. */
  readonly workers: readonly string[];
  readonly index: number;
  readonly cases: readonly string[];
  readonly norms: 'own' | 'synchronised';
  readonly gradients?: 'float32' | 'bfloat16';
  readonly precision?: 'float32' | 'bfloat16';
  /** Folder that each case's tensors are written into. */
  readonly out: string;
  readonly deadline: number;
  /** Flips the last bit of every first value of a parameter: how far that alone comes is what rounding does. */
  readonly nudged?: boolean;
}

/** Parameters with the last bit of every value flipped. */
async function nudge({ network: { parameters } }: Trained): Promise<void> {
  for (const { variable } of parameters) {
    const values = ((await variable.data()) as Float32Array).slice();
    const bits = new Int32Array(values.buffer);
    for (let index = 0; index < bits.length; index++) bits[index]! ^= 1;
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
  }
}

/** Trains one case, and gives its tensors by name. */
async function trained(name: string, orders: Orders): Promise<ReadonlyMap<string, Float32Array>> {
  const { workers, index, norms, gradients = 'float32', precision = 'float32', nudged } = orders;
  const loaded = await loadConfig({ ...cases[name]!, precision, engine: { name: 'tensorflow', threads: 1 } });
  const { config } = await resolveConfig(loaded, { overrides: [] });
  const dataset = await openDataset(config, 'data');
  const before = tf.memory().numTensors;
  const team = workers.length > 1 ? { count: workers.length, index, norms, gradients, run: name } : null;
  const plan = planTraining(recipeOf(config), dataset, team);
  const state = beginTraining(plan);
  const values = new Map<string, Float32Array>();
  for (const { name: key, variable } of state.trained.network.parameters) {
    values.set(`first/${key}`, ((await variable.data()) as Float32Array).slice());
  }
  if (nudged) await nudge(state.trained);
  const loop = new TrainingLoop(plan, state);
  try {
    await loop.run();
    for (const [key, variable] of variablesOf(loop.trained)) {
      values.set(key, ((await variable.data()) as Float32Array).slice());
    }
    return values;
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
    await dataset.close();
    const left = tf.memory().numTensors - before;
    if (left !== 0) console.error(`${name}: ${left} tensors are left over`);
  }
}

const orders = JSON.parse(process.argv[2]!) as Orders;
if (orders.workers.length > 1) {
  await joinWorkers({ workers: orders.workers, index: orders.index, deadline: orders.deadline });
}
for (const name of orders.cases) {
  const values = await trained(name, orders);
  const all = Object.fromEntries(
    [...values].map(([key, value]) => [key, Buffer.from(value.buffer).toString('base64')]),
  );
  writeFileSync(join(orders.out, `${name}-${orders.index}.json`), JSON.stringify(all));
}
process.exit(0);
