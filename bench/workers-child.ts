// A worker of workers.ts: trains some updates of a ResNet-50, and prints how long each took, and its sums by themselves.
import { compile, WorkerSums } from '@overparam/engine';
import { joinWorkers } from '@overparam/engine-tensorflow';
import { isOverparamError } from '@overparam/errors';
import { openDataset, readConfig, recipeOf, resolveConfig } from '@overparam/runner';
import { beginTraining, planTraining, TrainingLoop } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';

const { workers, index, threads, updates, file } = JSON.parse(process.argv[2]!) as {
  readonly workers: readonly string[];
  readonly index: number;
  readonly threads: number;
  readonly updates: number;
  /** A config. */
  readonly file: string;
};
if (workers.length > 1) await joinWorkers({ workers, index });
const request = { overrides: [{ path: ['engine'], value: { name: 'tensorflow', threads } }] };
const { config } = await resolveConfig(await readConfig(file), request);
const dataset = await openDataset(config, 'data');
const team =
  workers.length > 1 ? ({ count: workers.length, index, norms: 'own', gradients: 'float32' } as const) : null;
const plan = planTraining(recipeOf(config), dataset, team);
const controller = new AbortController();
const times: number[] = [];
let last = performance.now();
const onUpdate = ({ update }: { readonly update: number }) => {
  times.push(performance.now() - last);
  last = performance.now();
  if (update >= updates) controller.abort();
};
const loop = new TrainingLoop(plan, beginTraining(plan), { onUpdate }, controller.signal);
await loop.run().catch((error: unknown) => {
  if (!isOverparamError(error) || error.code !== 'interrupted') throw error;
});
const shapes = loop.trained.network.parameters.map(({ variable }) => variable.shape);
const size = loop.trained.network.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
const sums: number[] = [];
if (team) {
  const gradients = Object.fromEntries(shapes.map((shape, at) => [String(at), tf.ones(shape)]));
  const step = compile((inputs) => {
    const all = new WorkerSums(team, 'bench').sumAll(shapes.map((_, at) => inputs[String(at)]!));
    return { first: tf.slice(tf.reshape(tf.addN(all.map((sum) => tf.sum(sum))), [1]), [0], [1]) };
  });
  for (let turn = 0; turn < 6; turn++) {
    const began = performance.now();
    const { first } = step(gradients);
    await first!.data();
    sums.push(performance.now() - began);
  }
}
console.log(JSON.stringify({ times, sums, bytes: 4 * size }));
process.exit(0);
