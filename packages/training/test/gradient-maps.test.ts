import { dbMtl, equal } from '@overparam/balancers';
import { expand, plain } from '@overparam/core-reparam';
import { sgs } from '@overparam/method-sgs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { buildPlain, layoutOf, type TrainingPlan, trainingStep, withOptions } from '../src/index';
import { engines } from './support/engines';
import { closeRun, finish, openRun } from './support/runs';
import { type Setup, tiny, tinyTwoTasks } from './support/setups';

const mask = [
  [0, 1, 2],
  [1, 4, 1],
  [2, 1, 6],
];
const meanOne = mask.flat().map((factor) => (factor * 9) / 18);

/** How far a kernel moves in one update by stochastic gradient descent without decay, under a mask or not. */
async function movedBy(plan: TrainingPlan, given: { readonly masked: boolean }): Promise<number[]> {
  const { recipe, dataset, tasks } = plan;
  const from = buildPlain(recipe, dataset);
  const layer = from.model.layers.find(
    ({ name, weights }) => name !== 'stem' && weights[0]?.shape.length === 4 && weights[0].shape[0] === 3,
  )!;
  const first = given.masked
    ? [{ method: sgs, options: { mask }, select: layer.name }, { method: plain }]
    : [{ method: plain }];
  const names = tasks.map(({ name }) => name);
  const owner = tasks.length > 1 ? from.owner : () => null;
  const model = expand(from.model, { selections: first, key: recipe.key, tasks: names, owner });
  from.model.dispose();
  const network = { model, ...layoutOf(model, tasks), owner };
  const weighed = recipe.balancer ? { balancer: recipe.balancer } : {};
  const step = trainingStep({
    network,
    tasks,
    ...weighed,
    optimiser: { name: 'sgd', momentum: 0, nesterov: false },
  });
  const kernel = step.trained.network.parameters.find(
    ({ name }) => name === `${layer.name}/kernel`,
  )!.variable;
  const before = kernel.clone();
  const batch = await plan.batches.read(0);
  await step(batch, { rate: 1 });
  const moved = tf.tidy(() => [...kernel.sub(before).dataSync()]);
  tf.dispose([before, ...Object.values(batch)]);
  step.dispose();
  model.dispose();
  return moved;
}

const setups: Record<string, Setup> = {
  'one task': { ...tiny, optimiser: { name: 'sgd', momentum: 0, nesterov: false } },
  'two tasks': { ...tinyTwoTasks, balancer: equal },
  'two tasks, averaged gradients': { ...tinyTwoTasks, balancer: dbMtl },
};

describe.each(engines)('%s', (engine) => {
  test.each(Object.entries(setups))('%s: a step is the plain one times the map', async (_, setup) => {
    const run = await openRun(setup, engine);
    const whole = await movedBy(run.plan, { masked: false });
    const masked = await movedBy(run.plan, { masked: true });
    const channels = whole.length / 9;
    const largest = Math.max(...whole.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    for (const [index, amount] of whole.entries())
      expect(
        Math.abs(masked[index]! - amount * meanOne[Math.floor(index / channels)]!) / largest,
      ).toBeLessThan(1e-4);
    await closeRun(run);
  });

  test('a mask follows the activations every so many epochs, and the compiled step with it', async () => {
    const setup: Setup = { ...tiny, method: withOptions(sgs, { every: 2 }), epochs: 5 };
    const masks: string[] = [];
    const counts: number[] = [];
    await finish(await openRun(setup, engine), (loop) => ({
      onUpdate() {
        const { states } = loop.trained.network;
        const own = states.filter(({ name }) => name.endsWith('/mask'));
        masks.push(own.map(({ variable }) => [...variable.dataSync()].join()).join('|'));
        counts.push(tf.memory().numTensors);
      },
    }));
    // Three updates an epoch; looks before the first, the third and the fifth one.
    const byEpoch = [0, 3, 6, 9, 12].map((at) => masks.slice(at, at + 3));
    for (const of of byEpoch) expect(new Set(of).size).toBe(1);
    const [first, second, third, fourth, fifth] = byEpoch.map(([one]) => one);
    expect(first).not.toBe(meanOne.join());
    expect(second).toBe(first);
    expect(third).not.toBe(second);
    expect(fourth).toBe(third);
    expect(fifth).not.toBe(fourth);
    expect(new Set(counts.slice(1)).size).toBe(1);
  });
});
