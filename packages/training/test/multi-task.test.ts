import { dbMtl, equal, famo, fixed, nashMtl } from '@overparam/balancers';
import { trirep } from '@overparam/method-new';
import type { Phase } from '@overparam/plugin';
import { alternating, joint, progressive } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { disposeTrained, equip, networkOfStage, type Trained, withOptions } from '../src/index';
import { stepGradients } from '../src/passes';
import { gradientParts } from '../src/phase';
import { closeRun, finish, openRun, relabelled } from './support/runs';
import { type Setup, tinyScenes, tinyTwoTasks } from './support/setups';

/** Trains a setup through the training loop, and looks at the network after each update. */
async function trained<Seen>(setup: Setup, look: (state: Trained, update: number) => Seen): Promise<Seen[]> {
  const run = await openRun(setup);
  const seen = [look(run.state.trained, 0)];
  await finish(run, (loop) => ({
    onUpdate({ update }) {
      seen.push(look(loop.trained, update));
    },
  }));
  return seen;
}

/** Values of all parameters by name. */
function valuesOf({ network }: Trained): Map<string, Float32Array> {
  return new Map(
    network.parameters.map(({ name, variable }) => [name, variable.dataSync<'float32'>().slice()]),
  );
}

/** Names of the parameters that differ. */
function moved(
  before: ReadonlyMap<string, Float32Array>,
  after: ReadonlyMap<string, Float32Array>,
): string[] {
  return [...after]
    .filter(([name, value]) => value.some((v, at) => v !== before.get(name)![at]))
    .map(([name]) => name);
}

describe('routed cores', () => {
  /** The core that a layer computes with: the one that all share, or the first plus the sum of the tasks' own. */
  function coresOf({ network }: Trained): Map<string, Float32Array> {
    const values = tf.tidy(() => {
      const cores = new Map<string, tf.Tensor>();
      const add = (name: string, value: tf.Tensor) => {
        const [, layer, core] = /^(.*)\/(core(?:_.*)?)$/.exec(name) ?? [];
        if (core) cores.set(layer!, cores.has(layer!) ? cores.get(layer!)!.add(value) : value.clone());
      };
      for (const { name, variable } of [...network.states, ...network.parameters]) add(name, variable);
      return Object.fromEntries(
        [...cores].map(([layer, value]) => [layer, value.dataSync<'float32'>().slice()]),
      );
    });
    return new Map(Object.entries(values));
  }

  // Around dense layers, which move most, too: with auto those of one task have no core.
  test.each(['whitening', 'channel'])(
    'with %s frames under plain SGD move as one joint core does, and all else as well',
    async (frames) => {
      const setup: Setup = {
        ...tinyTwoTasks,
        optimiser: { name: 'sgd' },
        lr: 0.001,
        weightDecay: { coefficient: 1e-2, norms: false, biases: false },
        epochs: 1,
        limit: { train: 80, test: 2 },
      };
      const look = (state: Trained) => ({ cores: coresOf(state), values: valuesOf(state) });
      const routed = await trained({ ...setup, method: withOptions(trirep, { frames }) }, look);
      const joint = await trained(
        { ...setup, method: withOptions(trirep, { frames, multiTask: 'shared' }) },
        look,
      );
      /** Largest difference of any tensor, relative to the tensor's largest value. */
      const gap = (a: Map<string, Float32Array>, b: Map<string, Float32Array>) => {
        const gaps = [...b].map(([name, expected]) => {
          const size = Math.max(...expected.map(Math.abs), 0.1);
          return Math.max(...expected.map((value, at) => Math.abs(a.get(name)![at]! - value))) / size;
        });
        return Math.max(...gaps);
      };
      const shared = ({ values }: ReturnType<typeof look>) =>
        new Map([...values].filter(([name]) => !/\/core/.test(name) || name.startsWith('classifier')));
      expect(joint).toHaveLength(11);
      for (const [update, tolerance] of [
        [0, 0],
        [1, 1e-6],
        [10, 1e-5],
      ] as const) {
        expect(gap(routed[update]!.cores, joint[update]!.cores)).toBeLessThanOrEqual(tolerance);
        expect(gap(shared(routed[update]!), shared(joint[update]!))).toBeLessThanOrEqual(tolerance);
      }
      // Far more than the tolerance, so that a core that moved twice or not at all would show.
      expect(gap(joint[0]!.cores, joint[1]!.cores)).toBeGreaterThan(1e-3);
    },
  );

  test('follow their own loss alone', async () => {
    const setup: Setup = {
      ...tinyScenes,
      method: withOptions(trirep, { frames: 'channel' }),
      weightDecay: { coefficient: 0, norms: false, biases: false },
      epochs: 1,
      balancer: withOptions(fixed, { weights: { segmentation: 0, depth: 1, normals: 0 } }),
    };
    const [before, ...after] = await trained(setup, valuesOf);
    const names = moved(before!, after.at(-1)!);
    expect(names).toContain('encoder1_conv1/core_depth');
    expect(names).toContain('encoder1_conv1/u');
    expect(names.some((name) => name.startsWith('depth_'))).toBe(true);
    expect(names.filter((name) => /core_(segmentation|normals)|^(segmentation|normals)_/.test(name))).toEqual(
      [],
    );
  });
});

describe('a phase that follows one task', () => {
  test.each(['routed', 'perTask'])('moves nothing that belongs to another: %s', async (multiTask) => {
    const setup: Setup = {
      ...tinyScenes,
      method: withOptions(trirep, { frames: 'channel', multiTask }),
      routine: alternating,
      limit: { train: 8, test: 2 },
      epochs: 1,
    };
    const run = await openRun(setup);
    const phases = run.plan.schedule.phases.map(({ name }) => name);
    await closeRun(run);
    expect(phases).toEqual(['core:segmentation', 'core:depth', 'core:normals', 'shared']);
    const seen = await trained(setup, valuesOf);
    for (const [index, task] of ['segmentation', 'depth', 'normals'].entries()) {
      const names = moved(seen[index]!, seen[index + 1]!);
      const others = ['segmentation', 'depth', 'normals'].filter((other) => other !== task).join('|');
      expect(names).toContain(`encoder1_conv1/core_${task}`);
      // The head's own core goes with its task.
      expect(names).toContain(`${task}_conv1/core`);
      expect(names.filter((name) => new RegExp(`core_(${others})|^(${others})_`).test(name))).toEqual([]);
      expect(names.filter((name) => /\/[uv]$/.test(name) && !name.startsWith(task))).toEqual([]);
    }
    const shared = moved(seen[3]!, seen[4]!);
    expect(shared).toContain('encoder1_conv1/u');
    expect(shared.filter((name) => /\/core_/.test(name))).toEqual([]);
  });
});

describe('a trunk for each task', () => {
  test.each([
    ['perTask', joint, 'heads'],
    ['merge', progressive, 'weights'],
  ] as const)(
    'takes the factors of what is its own while it stays apart: %s',
    async (multiTask, routine, factor) => {
      const method = withOptions(trirep, { multiTask });
      const { plan, state: other } = await openRun({ ...tinyScenes, method, routine });
      disposeTrained(other.trained);
      const { recipe, dataset, tasks } = plan;
      const options = { stage: 'expanded', start: 'as configured' } as const;
      const network = networkOfStage(recipe, dataset, options);
      const state = equip(plan, network);
      const phase: Phase = { name: 'all', stage: 'expanded', moves: [{}], rates: [], loss: 'balanced' };
      const { optimiser } = state;
      const batch = await plan.batches.read(0);
      const factors = { weights: tf.tensor1d([3, 5, 7]), heads: tf.tensor1d([2, 2, 2]) };
      /** Gradients of a trunk's core and of a head's, by how the losses are weighed. */
      const gradients = (weighing: 'sum' | 'weighted' | 'apart') =>
        tf.tidy(() => {
          const parts = gradientParts({ phase, network, tasks, optimiser, penalty: 0, weighing });
          const found = stepGradients(parts, { ...batch, ...factors }, false).gradients;
          return ['encoder1_conv1/core_depth', 'depth_conv1/core'].map((name) =>
            found[name]!.dataSync<'float32'>().slice(),
          );
        });
      const [sum, weighted, apart] = [gradients('sum'), gradients('weighted'), gradients('apart')];
      const expected = factor === 'weights' ? weighted[0]! : sum[0]!.map((value) => 2 * value);
      const gap = (a: Float32Array, b: Float32Array) =>
        Math.max(...a.map((value, at) => Math.abs(value - b[at]!))) / Math.max(...b.map(Math.abs));
      expect(gap(apart[0]!, expected)).toBeLessThan(1e-5);
      expect(
        gap(
          apart[1]!,
          sum[1]!.map((value) => 2 * value),
        ),
      ).toBeLessThan(1e-5);
      tf.dispose([batch, factors]);
      disposeTrained(state);
      await dataset.close();
    },
  );
});

describe('trunks that merge', () => {
  test('end nearer to each other with a penalty', async () => {
    const apart = async (mergePenalty: number) => {
      const seen = await trained(
        {
          ...tinyScenes,
          method: withOptions(trirep, { multiTask: 'merge', mergePenalty }),
          routine: withOptions(progressive, {
            begin: 'expanded',
            expandAt: { share: 0.25 },
            collapseAt: { share: 1 },
          }),
          limit: { train: 8, test: 2 },
          epochs: 2,
        },
        valuesOf,
      );
      const cores = ['segmentation', 'depth', 'normals'].map(
        (task) => seen.at(-1)!.get(`encoder1_conv1/core_${task}`)!,
      );
      return Math.sqrt(
        cores[0]!.reduce((sum, _, at) => {
          const mean = cores.reduce((total, core) => total + core[at]!, 0) / cores.length;
          return sum + cores.reduce((total, core) => total + (core[at]! - mean) ** 2, 0);
        }, 0),
      );
    };
    const free = await apart(0);
    expect(free).toBeGreaterThan(0);
    expect(await apart(100)).toBeLessThan(0.9 * free);
  });
});

describe('tasks without labels in a batch', () => {
  test('weigh nothing, and the others go on', async () => {
    let read = 0;
    const run = await openRun({ ...tinyScenes, balancer: nashMtl, epochs: 2 });
    const changed = relabelled(run, (task, target, offset) => {
      // The second pass over the six scenes has no depth.
      if (task === 'depth' && read++ >= 6) target.fill(0, offset);
    });
    const [first, second] = (await finish(changed)).history.map(({ train }) => train);
    expect(first!.byTask.depth!.weight).toBeGreaterThan(0);
    expect(second!.byTask.depth!.weight).toBe(0);
    expect(second!.byTask.segmentation!.weight).toBeGreaterThan(0);
    expect(second!.byTask.depth!.loss).toBe(0);
    expect(Object.keys(second!.cosines!)).toEqual(['segmentation/normals']);
  });
});

test('steps of several tasks leave no tensor behind', async () => {
  for (const balancer of [equal, nashMtl, famo, dbMtl]) {
    const counts: number[] = [];
    await trained({ ...tinyScenes, limit: { train: 8, test: 1 }, epochs: 1, method: trirep, balancer }, () =>
      counts.push(tf.memory().numTensors),
    );
    expect(counts[2], balancer.name).toBe(counts[3]);
  }
});
