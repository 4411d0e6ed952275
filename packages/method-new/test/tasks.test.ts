import {
  collapse,
  decayPenalty,
  expand,
  forward,
  gapBetween,
  ownPenalty,
  parametersOf,
  plain,
  statesOf,
  trunkTasks,
} from '@overparam/core-reparam';
import { createOptimiser, foldKey, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trirep } from '../src';

const key = keyFromSeed(4);
const tasks = ['classes', 'depth'];
const owner = (layer: string) => (tasks.includes(layer) ? layer : null);

beforeAll(async () => {
  await useEngine('cpu');
});

function network(): tf.LayersModel {
  const x = tf.input({ shape: [6, 6, 3], name: 'image' });
  const conv = tf.layers.conv2d({
    name: 'trunk',
    filters: 4,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
  });
  const norm = tf.layers.batchNormalization({ name: 'norm', epsilon: 1e-5, momentum: 0.9 });
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(norm.apply(conv.apply(x)));
  const outputs = tasks.map((name) => tf.layers.dense({ name, units: 2 }).apply(pooled) as tf.SymbolicTensor);
  const model = tf.model({ inputs: x, outputs });
  tf.tidy(() => {
    for (const name of ['trunk', ...tasks]) {
      const layer = model.getLayer(name);
      layer.setWeights(
        layer.getWeights().map((weight, i) => normalTensor(foldKey(key, name, i), weight.shape, 0, 0.5)),
      );
    }
  });
  return model;
}

/** Gives every task's core values of its own. */
function separate(model: tf.LayersModel): void {
  tf.tidy(() => {
    for (const { variable, task } of parametersOf(model)) {
      if (task) variable.assign(normalTensor(foldKey(key, task), variable.shape, 0, 1) as typeof variable);
    }
  });
}

/** Plain SGD with Frobenius decay, each task's core by its own task's loss; the deployed kernel after some steps. */
function train(model: tf.LayersModel, routed: boolean, steps: number): tf.Tensor {
  const parameters = parametersOf(model);
  const rate = tf.scalar(0.05);
  const apply = tf.scalar(true, 'bool');
  const sgd = createOptimiser(
    { name: 'sgd' },
    parameters.map(({ name, variable }) => ({ name, variable, weightDecay: 0 })),
  );
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      const x = normalTensor(foldKey(key, 'x', step), [4, 6, 6, 3], 0, 1);
      const lossOf = (index: number) =>
        forward(model, x, { mode: 'train' })
          [index]!.sub(index + 1)
          .square()
          .mean();
      const penalty = () => decayPenalty(model).mul(1e-2);
      const variables = parameters.map(({ variable }) => variable);
      const passes = routed
        ? tasks.map((_, index) =>
            tf.variableGrads(() => lossOf(index).add(penalty().div(tasks.length)).asScalar(), variables),
          )
        : [tf.variableGrads(() => lossOf(0).add(lossOf(1)).add(penalty()).asScalar(), variables)];
      const gradients = parameters.map(({ name, task, variable }) => {
        const all = passes.map(({ grads }) => grads[variable.name] ?? tf.zerosLike(variable));
        return [name, task === null || !routed ? tf.addN(all) : all[tasks.indexOf(task)]!];
      });
      sgd.update(Object.fromEntries(gradients) as Record<string, tf.Tensor>, { rate, apply });
    });
  }
  sgd.dispose();
  tf.dispose([rate, apply]);
  const deployed = collapse(model, { norms: 'keep' }).model;
  const kernel = deployed.getLayer('trunk').getWeights()[0]!.clone();
  deployed.dispose();
  return kernel;
}

test.each([
  // A frame that whitens hands rounding on, lengthened as the least directions are.
  ['channel', 1, 1e-6],
  ['channel', 10, 1e-5],
  ['whitening', 1, 1e-4],
  ['whitening', 10, 1e-3],
])('with %s frames routed under plain SGD is one joint core after %i steps', (frames, steps, bound) => {
  const model = network();
  const kernels = (['routed', 'shared'] as const).map((multiTask) => {
    const options = { frames, multiTask, branches: { pointwise: true, identity: false } };
    const expanded = expand(model, { method: trirep, options, select: 'trunk', key, tasks, owner });
    const kernel = train(expanded, multiTask === 'routed', steps);
    expanded.dispose();
    return kernel;
  });
  expect(gapBetween(kernels[0]!, kernels[1]!)).toBeLessThan(bound);
  tf.dispose(kernels);
  model.dispose();
});

test.each(['first', 'core', ''])('a task may be called "%s"', (name) => {
  const model = network();
  const named = ['classes', name];
  const routed = expand(model, { method: trirep, key, tasks: named, owner });
  const cores = parametersOf(routed).filter(({ role, layer }) => role === 'core' && layer === 'trunk');
  expect(cores.map(({ task }) => task)).toEqual(named);
  for (const each of [model, routed]) each.dispose();
});

test('routed has a core for each task, and deploys the parameters of the baseline', () => {
  const model = network();
  const routed = expand(model, { method: trirep, key, tasks, owner });
  const cores = parametersOf(routed).filter(({ role, layer }) => role === 'core' && layer === 'trunk');
  expect(cores.map(({ name, task }) => [name, task])).toEqual([
    ['trunk/core_classes', 'classes'],
    ['trunk/core_depth', 'depth'],
  ]);
  // A task's own dense layer is one kernel with or without TriRep.
  const own = parametersOf(routed).filter(({ layer }) => layer === 'depth');
  expect(own.map(({ role }) => role)).toEqual(['plain', 'plain']);
  const baseline = expand(model, { method: plain, key, tasks, owner });
  const counts = [routed, baseline].map((expanded) => {
    const deployed = collapse(expanded).model;
    const count = deployed.countParams();
    deployed.dispose();
    return count;
  });
  expect(counts[0]).toBe(counts[1]);
  for (const each of [model, routed, baseline]) each.dispose();
});

test('perTask gives a trunk for each task, with norms of its own, each collapsed exactly', () => {
  const model = network();
  const before = tf.memory().numTensors;
  const options = { multiTask: 'perTask' };
  const expanded = expand(model, { method: trirep, options, select: 'trunk', key, tasks, owner });
  expect(trunkTasks(expanded)).toEqual(tasks);
  separate(expanded);
  const x = normalTensor(key, [2, 6, 6, 3], 0, 1);
  tf.dispose(forward(expanded, x, { mode: 'train' }));
  const wanted = forward(expanded, x, { mode: 'infer' });
  for (const [index, task] of tasks.entries()) {
    const { model: deployed, report } = collapse(expanded, { task });
    expect(report.ok).toBe(true);
    const [found] = forward(deployed, x, { mode: 'infer' });
    expect(gapBetween(found!, wanted[index]!)).toBeLessThan(1e-5);
    expect(deployed.outputs.length).toBe(1);
    found!.dispose();
    deployed.dispose();
  }
  const codeOf = (action: () => unknown) => {
    try {
      action();
      return 'none';
    } catch (error) {
      return isOverparamError(error) ? `${error.code} ${error.message}` : 'other';
    }
  };
  expect(codeOf(() => collapse(expanded))).toMatch(/collapse-mismatch .*trunk for each task/);
  expect(codeOf(() => collapse(expanded, { task: 'normals' }))).toMatch(/unknown-task .*classes, depth/);
  tf.dispose([x, wanted]);
  expanded.dispose();
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
});

test('merge becomes one network as tau reaches 1', () => {
  const model = network();
  const expanded = expand(model, {
    method: trirep,
    options: { multiTask: 'merge' },
    select: 'trunk',
    key,
    tasks,
    owner,
  });
  separate(expanded);
  const tau = statesOf(expanded).find(({ follows }) => follows === 'tau')!;
  const gapAt = (value: number) => {
    tf.tidy(() => tau.variable.assign(tf.scalar(value) as unknown as typeof tau.variable));
    const { model: deployed, report } = collapse(expanded, { allowMismatch: true });
    deployed.dispose();
    return report.gap;
  };
  expect(gapAt(0)).toBeGreaterThan(1e-2);
  expect(gapAt(1)).toBeLessThan(1e-5);
  for (const each of [model, expanded]) each.dispose();
});

test('mergePenalty pulls cores towards their mean, as hard as tau says, and is part of no other form', () => {
  const model = network();
  const grown = (options: object) =>
    expand(model, { method: trirep, options, select: 'trunk', key, tasks, owner });
  const [mu, tau] = [0.3, 0.6];
  const expanded = grown({ multiTask: 'merge', mergePenalty: mu });
  separate(expanded);
  tf.tidy(() => {
    const { variable } = statesOf(expanded).find(({ follows }) => follows === 'tau')!;
    variable.assign(tf.scalar(tau) as unknown as typeof variable);
    const cores = parametersOf(expanded).filter(({ task }) => task !== null);
    const { value, grads } = tf.variableGrads(() => ownPenalty(expanded)!);
    const values = cores.map(({ variable: core }) => core.dataSync<'float32'>());
    const mean = (at: number) => values.reduce((sum, core) => sum + core[at]!, 0) / values.length;
    let apart = 0;
    for (const [index, core] of cores.entries()) {
      const gradient = grads[core.variable.name]!.dataSync();
      for (const [at, own] of values[index]!.entries()) {
        apart += (own - mean(at)) ** 2;
        expect(gradient[at]).toBeCloseTo(mu * tau * (own - mean(at)), 5);
      }
    }
    expect(value.dataSync()[0]).toBeCloseTo((mu * tau * apart) / 2, 4);
  });
  for (const options of [
    { multiTask: 'merge' },
    { multiTask: 'perTask', mergePenalty: mu },
    { mergePenalty: mu },
  ]) {
    const other = grown(options);
    expect(ownPenalty(other)).toBeNull();
    other.dispose();
  }
  for (const each of [model, expanded]) each.dispose();
});

test('a frame that whitens wants one trunk; left to itself, trunks have trained frames', () => {
  const model = network();
  const expandedBy = (options: object) =>
    expand(model, { method: trirep, options, select: 'trunk', key, tasks, owner });
  for (const multiTask of ['perTask', 'merge']) {
    expect(() => expandedBy({ frames: 'whitening', multiTask })).toThrow(
      new RegExp(`a frame that whitens is not supported with multiTask: ${multiTask}`),
    );
    const trunks = expandedBy({ multiTask });
    const roles = parametersOf(trunks)
      .filter(({ layer }) => layer === 'trunk')
      .map(({ role }) => role);
    expect(roles).toContain('frame');
    trunks.dispose();
  }
  const routed = expandedBy({ frames: 'whitening', multiTask: 'routed' });
  expect(statesOf(routed).map(({ name }) => name)).toContain('trunk/covariance');
  routed.dispose();
  model.dispose();
});
