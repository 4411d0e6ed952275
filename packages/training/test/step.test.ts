import { dbMtl, famo, gradnorm, upgrad } from '@overparam/balancers';
import { parametersOf } from '@overparam/core-reparam';
import { createOptimiser, type EngineName, foldKey, normalTensor } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import type { Backbone } from '@overparam/plugin';
import { alternating, cyclic } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  layoutOf,
  networkOfStage,
  optimisedParameters,
  type Progress,
  type StepPosition,
  type TrainingPlan,
  type TrainingStepOptions,
  trainingStep,
  type UpdateOutcome,
  variablesOf,
  withOptions,
} from '../src/index';
import { engines } from './support/engines';
import { finish, openRun } from './support/runs';
import { type Setup, tiny, tinyScenes, tinyTwoTasks } from './support/setups';
import { valuesOf } from './support/values';

/** What trained a network: all of its tensors by name, and what its balancer remembers. */
interface Ended {
  readonly values: Map<string, string>;
  readonly balancer: Progress['balancer'];
  readonly losses: readonly number[];
}

/** The network that a plan's run begins with, as a step takes it. */
function firstNetwork({ recipe, dataset }: TrainingPlan) {
  const { model, layout } = networkOfStage(recipe, dataset, { stage: 'expanded', start: 'as configured' });
  return { model, ...layout };
}

/** A plan's step, which may differ from it. */
function stepOf(plan: TrainingPlan, changes: Partial<TrainingStepOptions> = {}) {
  const { recipe, tasks, schedule } = plan;
  const { balancer, gradients, optimiser, weightDecay, key } = recipe;
  const weighed = balancer ? { balancer } : {};
  const network = changes.network ?? firstNetwork(plan);
  const common = { tasks, gradients, optimiser, weightDecay, key };
  return trainingStep({ ...common, ...weighed, schedule, ...changes, network });
}

type Step = ReturnType<typeof stepOf>;

/** Calls a step with a plan's batches, as the loop does. */
async function updates(
  plan: TrainingPlan,
  step: Step,
  { from = 0, to = plan.updates }: { readonly from?: number; readonly to?: number } = {},
): Promise<UpdateOutcome[]> {
  const outcomes: UpdateOutcome[] = [];
  for (let update = from; update < to; update++) {
    const batch = await plan.batches.read(plan.schedule.at(update).batch);
    const epoch = Math.floor(update / plan.batches.perEpoch);
    outcomes.push(await step(batch, { rate: plan.rateAt(update), epoch }));
    tf.dispose(batch);
  }
  return outcomes;
}

function endOf(step: Step, outcomes: readonly UpdateOutcome[]): Ended {
  const values = valuesOf(step.trained);
  return { values, balancer: outcomes.at(-1)!.balancer, losses: outcomes.map(({ loss }) => loss) };
}

function dispose(step: Step): void {
  step.dispose();
  step.trained.network.model.dispose();
}

/** The same run by the loop and by a step. */
async function both(setup: Setup, engine: EngineName, changes: Partial<TrainingStepOptions> = {}) {
  const run = await openRun(setup, engine);
  const { plan } = run;
  const step = stepOf(plan, changes);
  const byStep = endOf(step, await updates(plan, step));
  dispose(step);
  const losses: number[] = [];
  let values = new Map<string, string>();
  const { balancer } = await finish(run, (loop) => ({
    onUpdate({ loss }) {
      losses.push(loss);
      values = valuesOf(loop.trained);
    },
  }));
  return { byStep, byLoop: { values, balancer, losses } };
}

/** A network of two convolutions with dropout in front of its heads. */
const forgetful: Backbone = {
  apiVersion: 1,
  name: 'forgetful',
  summary: 'Test data.',
  options: z.strictObject({}),
  build({ inputShape, tasks, key }) {
    const image = tf.input({ shape: [...inputShape] });
    const conv = (name: string) =>
      tf.layers.conv2d({ name, filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh' });
    const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' });
    const features = pooled.apply(conv('second').apply(conv('first').apply(image)));
    const kept = tf.layers.dropout({ name: 'dropout', rate: 0.5 }).apply(features);
    const outputs = tasks.map(
      ({ name, outputs: units }) => tf.layers.dense({ name, units }).apply(kept) as tf.SymbolicTensor,
    );
    const model = tf.model({ inputs: image, outputs });
    const values = model
      .getWeights()
      .map((weight, at) => normalTensor(foldKey(key, at), weight.shape, 0, 0.3));
    model.setWeights(values);
    tf.dispose(values);
    return { model, ...layoutOf(model, tasks) };
  },
};

describe.each(['cpu', ...engines] as const)('on %s', (engine) => {
  test('a step of one phase is the update of the loop, bit for bit', async () => {
    const setup: Setup = {
      ...tinyTwoTasks,
      backbone: withOptions(forgetful),
      method: repvgg,
      balancer: upgrad,
      batch: 4,
      limit: { train: 8, test: 2 },
      epochs: 1,
    };
    const { plan, state } = await openRun(setup, engine);
    const [phase] = plan.schedule.phases;
    const { byStep, byLoop } = await both(setup, engine, { schedule: undefined, phase: phase! });
    expect(byStep).toEqual(byLoop);
    expect(byStep.losses).toHaveLength(2);
    // They moved.
    const begun = valuesOf(state.trained);
    expect([...byStep.values].some(([name, value]) => begun.get(name) !== value)).toBe(true);
    state.trained.network.model.dispose();
    state.trained.optimiser.dispose();
  });
});

const scheduled: Readonly<Record<string, Partial<Setup>>> = {
  "each task's cores in turn, weights that are trained": {
    method: withOptions(trirep, { frames: 'channel', multiTask: 'routed' }),
    routine: alternating,
    balancer: gradnorm,
  },
  'a trunk for each task, losses after the step': {
    method: withOptions(trirep, { multiTask: 'perTask' }),
    routine: alternating,
    balancer: famo,
  },
  'blocks in turn whose slots start again, averages of gradients': {
    method: withOptions(trirep, { frames: 'channel' }),
    routine: withOptions(cyclic, { length: { updates: 1 }, resetAfter: { updates: 0 } }),
    balancer: dbMtl,
  },
  'dropout, gradients of the representation': {
    backbone: withOptions(forgetful),
    method: repvgg,
    balancer: upgrad,
    gradients: 'representation',
  },
};

describe.each(engines)('on %s', (engine) => {
  test.each(Object.entries(scheduled))(
    'a step with a schedule is the loop over an epoch: %s',
    async (_, changes) => {
      const setup = { ...tinyTwoTasks, batch: 4, limit: { train: 16, test: 2 }, epochs: 1, ...changes };
      const { byStep, byLoop } = await both(setup, engine);
      expect(byStep).toEqual(byLoop);
      expect(byStep.losses).toHaveLength(4);
    },
  );

  test('a step for one task is the loop, and needs no balancer', async () => {
    const setup: Setup = {
      ...tiny,
      method: withOptions(trirep, { frames: 'channel' }),
      routine: cyclic,
      epochs: 1,
    };
    const { balancer: _, ...without } = setup;
    const { byStep, byLoop } = await both(without, engine);
    expect(byStep).toEqual(byLoop);
    expect(byStep.balancer).toBeNull();
    expect(byStep).toEqual((await both(setup, engine)).byLoop);
  });

  test('steps, and making and disposing one, leave no tensor behind', async () => {
    const { plan, state } = await openRun(
      {
        ...tinyTwoTasks,
        method: withOptions(trirep, { frames: 'channel' }),
        routine: alternating,
        balancer: dbMtl,
        epochs: 2,
      },
      engine,
    );
    const network = firstNetwork(plan);
    const before = tf.memory().numTensors;
    const step = stepOf(plan, { network });
    await updates(plan, step, { to: 3 });
    const once = tf.memory().numTensors;
    await updates(plan, step, { from: 3 });
    // Every phase has had its first step.
    expect(tf.memory().numTensors).toBe(once);
    step.dispose();
    step.dispose();
    expect(tf.memory().numTensors).toBe(before);
    network.model.dispose();
    state.trained.network.model.dispose();
    state.trained.optimiser.dispose();
    state.trained.averages?.dispose();
  });
});

test('without a balancer the losses count alike', async () => {
  const { plan } = await openRun({ ...tinyScenes, method: repvgg });
  const { balancer: _, ...plainSum } = plan.recipe;
  const step = stepOf({ ...plan, recipe: { ...plainSum, balancer: null } });
  const [outcome] = await updates(plan, step, { to: 1 });
  const losses = Object.values(outcome!.losses);
  expect(losses).toHaveLength(3);
  expect(outcome!.loss).toBeCloseTo(
    losses.reduce((sum, loss) => sum + loss, 0),
    5,
  );
  expect([outcome!.weights, outcome!.gramian, outcome!.balancer]).toEqual([null, null, null]);
  // Equal weights by a balancer do the same.
  const weighed = stepOf(plan);
  const [balanced] = await updates(plan, weighed, { to: 1 });
  expect(balanced!.weights).toEqual([1, 1, 1]);
  expect(balanced!.loss).toBe(outcome!.loss);
  dispose(step);
  dispose(weighed);
});

test("an optimiser of the caller's own moves the network, and stays the caller's", async () => {
  const { plan } = await openRun({ ...tiny, method: repvgg, epochs: 1 });
  const { recipe } = plan;
  const ended = async (changes: Partial<TrainingStepOptions>) => {
    const step = stepOf(plan, changes);
    const end = endOf(step, await updates(plan, step));
    step.dispose();
    return end;
  };
  const network = firstNetwork(plan);
  const optimised = optimisedParameters(parametersOf(network.model), recipe.weightDecay);
  const optimiser = createOptimiser(recipe.optimiser, optimised);
  expect(await ended({ network, optimiser })).toEqual(await ended({}));
  // Its slots are still there.
  expect([...optimiser.slots.values()].every((slot) => !slot.isDisposed)).toBe(true);
  optimiser.dispose();
  network.model.dispose();
});

test('a step goes on where another stopped, from its tensors and its position', async () => {
  const setup: Setup = {
    ...tinyScenes,
    method: withOptions(trirep, { frames: 'channel' }),
    routine: alternating,
    balancer: dbMtl,
    epochs: 2,
  };
  const { plan } = await openRun(setup);
  const whole = stepOf(plan);
  const expected = endOf(whole, await updates(plan, whole));
  dispose(whole);

  const first = stepOf(plan);
  const outcomes = await updates(plan, first, { to: 4 });
  const saved = new Map([...variablesOf(first.trained)].map(([name, value]) => [name, value.arraySync()]));
  const from: StepPosition = JSON.parse(
    JSON.stringify({ update: 4, balancer: outcomes.at(-1)!.balancer }),
  ) as StepPosition;
  dispose(first);
  const second = stepOf(plan, { from });
  tf.tidy(() => {
    for (const [name, variable] of variablesOf(second.trained)) {
      variable.assign(tf.tensor(saved.get(name)!, variable.shape));
    }
  });
  const rest = endOf(second, await updates(plan, second, { from: 4 }));
  expect(rest.values).toEqual(expected.values);
  expect(rest.balancer).toEqual(expected.balancer);
  expect(rest.losses).toEqual(expected.losses.slice(4));
  dispose(second);
});
