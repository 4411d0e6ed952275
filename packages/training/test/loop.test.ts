import { plain } from '@overparam/core-reparam';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import { alternating, cyclic, joint, progressive } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { movingParameters } from '../src/groups';
import {
  changeStage,
  compilePhase,
  disposeTrained,
  optimiserFor,
  type Trained,
  transferOf,
  withOptions,
} from '../src/index';
import { closeRun, finish, openRun } from './support/runs';
import { type Setup, tiny } from './support/setups';

const methods = [plain, fnl, repvgg, trirep];
const routines = [joint, alternating, cyclic, progressive];
const combinations = methods.flatMap((method) =>
  routines.map((routine) => ({ name: `${method.name}, ${routine.name}`, method, routine })),
);

/** Values of all parameters and slots, by name. */
function valuesOf(trained: Trained): Map<string, string> {
  const text = (variable: tf.Variable) => Buffer.from(variable.dataSync().buffer).toString('base64');
  return new Map([
    ...trained.network.parameters.map(({ name, variable }) => [name, text(variable)] as const),
    ...[...trained.optimiser.slots].map(([name, variable]) => [`slot ${name}`, text(variable)] as const),
  ]);
}

describe.each(combinations)('$name', ({ method, routine }) => {
  const setup: Setup = { ...tiny, method, routine, epochs: 2 };

  test('the tensor count is constant over the steps of a stage, and every gradient evaluation is spent', async () => {
    const counts = new Map<string, Set<number>>();
    const phases = new Set<string>();
    let updates = 0;
    await finish(await openRun(setup), (loop) => ({
      onUpdate({ phase }) {
        updates++;
        const stage = loop.trained.network.stage;
        // The first step of a phase makes what its later ones keep.
        if (phases.has(`${stage}/${phase}`)) {
          counts.set(stage, (counts.get(stage) ?? new Set()).add(tf.memory().numTensors));
        }
        phases.add(`${stage}/${phase}`);
      },
    }));
    for (const [stage, seen] of counts) expect([...seen], stage).toHaveLength(1);
    expect(updates).toBe(6);
  });

  test('what a phase does not move stays bit-identical, slots included; what it moves, moves', async () => {
    const run = await openRun(setup);
    const { plan, state } = run;
    const { network, optimiser } = state.trained;
    for (const phase of plan.schedule.phases.filter(({ stage }) => stage === network.stage)) {
      const { parameters } = network;
      const step = compilePhase({ phase, network, tasks: plan.tasks, optimiser, penalty: 5e-4 });
      const before = valuesOf(state.trained);
      const inputs = { ...(await plan.batches.read(0)), rate: tf.scalar(0.1) };
      tf.dispose(step(inputs) as tf.NamedTensorMap);
      tf.dispose(inputs);
      const after = valuesOf(state.trained);
      const moving = new Set(movingParameters(phase, parameters).map(({ name }) => name));
      const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
      const stray = changed.filter(
        (name) => !moving.has(name.replace(/^slot /, '').replace(/\/velocity$/, '')) && !moving.has(name),
      );
      expect(stray, phase.name).toEqual([]);
      expect(changed.length, phase.name).toBeGreaterThan(0);
      step.dispose();
    }
    await closeRun(run);
  });
});

test('the first batch, its loss and its weights are the same for every method that begins from the plain weights', async () => {
  const losses: number[] = [];
  for (const method of [plain, withOptions(trirep, { start: 'preserve' })]) {
    await finish(await openRun({ ...tiny, method, epochs: 1 }), () => ({
      onUpdate({ update, loss }) {
        if (update === 1) losses.push(loss);
      },
    }));
  }
  expect(losses).toHaveLength(2);
  expect(Math.abs(losses[0]! - losses[1]!)).toBeLessThan(1e-4 * losses[0]!);
});

describe('stages', () => {
  test('a change of stage keeps the function and carries slots over', async () => {
    const { plan, state } = await openRun({ ...tiny, method: trirep, routine: progressive });
    const { trained } = state;
    expect(trained.network.stage).toBe('plain');
    for (const slot of trained.optimiser.slots.values()) slot.assign(tf.onesLike(slot));
    const x = tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 5);
    const plainOutput = (trained.network.model.predict(x) as tf.Tensor).dataSync();
    const told: string[] = [];
    const expanded = changeStage(plan, trained, 'expanded', (done, total) =>
      told.push(`${done} of ${total}`),
    );
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual(told.map((_, index) => `${index + 1} of ${told.length}`));
    const output = (expanded.network.model.predict(x) as tf.Tensor).dataSync();
    const reference = Math.max(...plainOutput.map(Math.abs));
    const difference = Math.max(...plainOutput.map((value, index) => Math.abs(value - output[index]!)));
    expect(difference / reference).toBeLessThan(1e-4);
    const carried = [...expanded.optimiser.slots].filter(([, slot]) =>
      slot.dataSync().every((value) => value === 1),
    );
    const fresh = [...expanded.optimiser.slots].filter(([, slot]) =>
      slot.dataSync().every((value) => value === 0),
    );
    // Kernels of the cores, and all that is plain, go on; frames begin.
    expect(carried.length).toBeGreaterThan(0);
    expect(fresh.length).toBeGreaterThan(0);
    expect(carried.length + fresh.length).toBe(expanded.optimiser.slots.size);
    expect(fresh.map(([name]) => name).join()).not.toMatch(/gamma|beta|bias/);
    const collapsed = changeStage(plan, expanded, 'collapsed');
    const kernels = [...collapsed.optimiser.slots].filter(([name]) => name.includes('kernel'));
    for (const [name, slot] of kernels)
      expect(
        slot.dataSync().every((value) => value === 1),
        name,
      ).toBe(true);
    x.dispose();
    disposeTrained(collapsed);
    await plan.dataset.close();
  });

  test('a transfer prefers the same name, then the same plain weight, and needs the same shape', () => {
    const parameter = (name: string, shape: number[], continues: 'kernel' | null) =>
      ({ name, layer: 'conv', continues, variable: { shape } }) as never;
    const before = [parameter('conv/kernel', [3, 3, 2, 2], 'kernel'), parameter('conv/x', [2], null)];
    const after = [
      parameter('conv/M', [3, 3, 2, 2], 'kernel'),
      parameter('conv/x', [2], null),
      parameter('conv/wide', [3, 3, 2, 4], 'kernel'),
      parameter('conv/U', [2, 2], null),
    ];
    expect([...transferOf(before, after)]).toEqual([
      ['conv/M', 'conv/kernel'],
      ['conv/x', 'conv/x'],
    ]);
  });
});

test('weight decay falls on kernels and dense weights alone, and not where a penalty stands for it', async () => {
  const run = await openRun({ ...tiny, weightDecay: { coefficient: 0.5, norms: false, biases: false } });
  const { parameters } = run.state.trained.network;
  const recipe = { ...run.plan.recipe, optimiser: { name: 'sgd' } as const };
  const optimiser = optimiserFor(recipe, run.state.trained.network);
  const before = new Map(parameters.map(({ name, variable }) => [name, variable.dataSync().slice()]));
  const gradients = Object.fromEntries(
    parameters.map(({ name, variable }) => [name, tf.zerosLike(variable)]),
  );
  optimiser.update(gradients, { rate: tf.scalar(1), apply: tf.scalar(true, 'bool') });
  for (const { name, variable } of parameters) {
    const factor = variable.rank >= 2 ? 0.5 : 1;
    const expected = before.get(name)!.map((value) => value * factor);
    expect([...variable.dataSync()], name).toEqual([...expected]);
  }
  optimiser.dispose();
  await closeRun(run);
});

test('a loss that is not finite stops the run and names the step and the layer', async () => {
  // The second epoch's first update throws the weights to infinity.
  const lr = { peak: 0.01, schedule: 'multiStep' as const, milestones: [{ epochs: 1 }], factor: 1e38 };
  const epochs: number[] = [];
  const run = await openRun({ ...tiny, lr, optimiser: { name: 'sgd' } });
  const trained = finish(run, () => ({
    onEpoch({ history }) {
      epochs.push(history.length);
    },
  }));
  const error = await trained.then(
    () => null,
    (reason: unknown) => reason as { code: string; message: string },
  );
  expect(error?.code).toBe('non-finite');
  expect(error?.message).toMatch(/^Update 5 \(epoch 2, phase "\w+", learning rate/);
  expect(error?.message).toMatch(/the first non-finite value is in layer "\w+"/);
  expect(epochs).toEqual([1]);
});
