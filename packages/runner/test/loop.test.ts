import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { ConfigFile } from '../src/config/schema';
import { movingParameters } from '../src/train/groups';
import { type LoopListeners, TrainingLoop } from '../src/train/loop';
import { compilePhase } from '../src/train/phase';
import { changeStage, optimiserFor, transferOf } from '../src/train/stage';
import { train } from '../src/train/train';
import { beginningOf, openSession } from './support/session';
import { temporaryFolder, textOf, tiny } from './support/tiny';

const path = temporaryFolder();
const methods = ['plain', 'fnl', 'repvgg', 'trirep'];
const routines = ['joint', 'alternating', 'cyclic', 'progressive'];
const combinations = methods.flatMap((method) => routines.map((routine) => [method, routine] as const));

const silent: LoopListeners = { onUpdate: () => {}, onEpoch: async () => {}, onStop: async () => {} };

/** Values of all parameters and slots, by name. */
function valuesOf(trained: Awaited<ReturnType<typeof openSession>>['trained']): Map<string, string> {
  const text = (variable: tf.Variable) => Buffer.from(variable.dataSync().buffer).toString('base64');
  return new Map([
    ...trained.network.parameters.map(({ name, variable }) => [name, text(variable)] as const),
    ...[...trained.optimiser.slots].map(([name, variable]) => [`slot ${name}`, text(variable)] as const),
  ]);
}

describe.each(combinations)('%s, %s', (method, routine) => {
  const config: ConfigFile = { ...tiny, method, routine, epochs: 2 };

  test('the tensor count is constant over the steps of a stage, and every gradient evaluation is spent', async () => {
    const { session, trained } = await openSession(config);
    const counts = new Map<string, Set<number>>();
    const phases = new Set<string>();
    let updates = 0;
    const loop = new TrainingLoop(
      session,
      trained,
      beginningOf(session),
      {
        ...silent,
        onUpdate({ phase }) {
          updates++;
          const stage = loop.trained.network.stage;
          // The first step of a phase makes what its later ones keep.
          if (phases.has(`${stage}/${phase}`)) {
            counts.set(stage, (counts.get(stage) ?? new Set()).add(tf.memory().numTensors));
          }
          phases.add(`${stage}/${phase}`);
        },
      },
      undefined,
    );
    await loop.run();
    loop.dispose();
    loop.trained.optimiser.dispose();
    loop.trained.network.model.dispose();
    for (const [stage, seen] of counts) expect([...seen], stage).toHaveLength(1);
    expect(updates).toBe(6);
  });

  test('what a phase does not move stays bit-identical, slots included; what it moves, moves', async () => {
    const { session, trained } = await openSession(config);
    const { network, optimiser } = trained;
    for (const phase of session.schedule.phases.filter(({ stage }) => stage === network.stage)) {
      const { parameters } = network;
      const step = compilePhase({ phase, network, tasks: session.tasks, optimiser, penalty: 5e-4 });
      const before = valuesOf(trained);
      const inputs = { ...(await session.batches.read(0)), rate: tf.scalar(0.1) };
      tf.dispose(step(inputs) as tf.NamedTensorMap);
      tf.dispose(inputs);
      const after = valuesOf(trained);
      const moving = new Set(movingParameters(phase, parameters).map(({ name }) => name));
      const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
      const stray = changed.filter(
        (name) => !moving.has(name.replace(/^slot /, '').replace(/\/velocity$/, '')) && !moving.has(name),
      );
      expect(stray, phase.name).toEqual([]);
      expect(changed.length, phase.name).toBeGreaterThan(0);
      step.dispose();
    }
    optimiser.dispose();
    network.model.dispose();
  });
});

test('a whole run leaves no tensor behind', async () => {
  const config: ConfigFile = { ...tiny, method: 'trirep', routine: 'progressive' };
  await train(config, { out: path('warm') });
  const before = tf.memory().numTensors;
  await train(config, { out: path('counted') });
  expect(tf.memory().numTensors).toBe(before);
});

test('the first batch, its loss and its weights are the same for every method that begins from the plain weights', async () => {
  const losses: number[] = [];
  for (const method of ['plain', { name: 'trirep', start: 'preserve' }]) {
    await train(
      { ...tiny, method, epochs: 1 },
      {
        out: path(`same-${losses.length}`),
        callbacks: { onUpdate: ({ update, loss }) => update === 1 && losses.push(loss) },
      },
    );
  }
  expect(losses).toHaveLength(2);
  expect(Math.abs(losses[0]! - losses[1]!)).toBeLessThan(1e-4 * losses[0]!);
});

describe('stages', () => {
  test('a change of stage keeps the function and carries slots over', async () => {
    const { session, trained } = await openSession({ ...tiny, method: 'trirep', routine: 'progressive' });
    expect(trained.network.stage).toBe('plain');
    for (const slot of trained.optimiser.slots.values()) slot.assign(tf.onesLike(slot));
    const x = tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 5);
    const plainOutput = (trained.network.model.predict(x) as tf.Tensor).dataSync();
    const expanded = changeStage(session, trained, 'expanded');
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
    const collapsed = changeStage(session, expanded, 'collapsed');
    const kernels = [...collapsed.optimiser.slots].filter(([name]) => name.includes('kernel'));
    for (const [name, slot] of kernels)
      expect(
        slot.dataSync().every((value) => value === 1),
        name,
      ).toBe(true);
    collapsed.optimiser.dispose();
    collapsed.network.model.dispose();
    x.dispose();
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
  const { session, trained } = await openSession({
    ...tiny,
    weightDecay: 0.5,
    lr: { peak: 1, schedule: 'constant' },
  });
  const { parameters, model } = trained.network;
  trained.optimiser.dispose();
  const optimiser = optimiserFor({ ...session.config, optimiser: { name: 'sgd' } }, trained.network);
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
  model.dispose();
});

describe('a loss that is not finite', () => {
  test('stops the run, names the step and the layer, and keeps the last good checkpoint', async () => {
    // The second epoch's first update throws the weights to infinity.
    const lr = { peak: 0.01, schedule: 'multiStep' as const, milestones: [{ epochs: 1 }], factor: 1e38 };
    const run = train({ ...tiny, lr, optimiser: { name: 'sgd', momentum: 0 } }, { out: path('diverged') });
    const error = await run.then(
      () => null,
      (reason: unknown) => reason as { code: string; message: string },
    );
    expect(error?.code).toBe('non-finite');
    expect(error?.message).toMatch(/^Update 5 \(epoch 2, phase "\w+", learning rate/);
    expect(error?.message).toMatch(/the first non-finite value is in layer "\w+"/);
    expect(readdirSync(path('diverged', 'checkpoints'))).toEqual(['epoch-0001.safetensors']);
    expect(textOf(path('diverged', 'metrics.jsonl')).trim().split('\n')).toHaveLength(1);
  });
});
