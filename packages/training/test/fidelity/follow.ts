import { expand, parametersOf, plain, statesOf } from '@overparam/core-reparam';
import { createOptimiser, keyFromSeed, type OptimiserConfig, type Precision } from '@overparam/engine';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { repvgg } from '@overparam/method-repvgg';
import { classification } from '@overparam/mtl-heads';
import type { Method } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { optimisedParameters } from '../../src/groups';
import { compilePhase } from '../../src/phase';
import { fixture, type MethodName, type OptimiserName, type Run, stored, storedNames } from './fixture';
import { buildNetwork, expandedLayers } from './network';
import { joint, trainedNetwork } from './trained-network';

interface Choice {
  // biome-ignore lint/suspicious/noExplicitAny: options of different methods differ; each schema guards its own.
  readonly method: Method<any>;
  readonly options: unknown;
}

const methods: Record<MethodName, Choice> = {
  plain: { method: plain, options: {} },
  repvgg: { method: repvgg, options: { identity: 'auto', decay: 'parameters' } },
  fnl: { method: fnl, options: { form: 'deep', initialisation: 'kaiming', decay: 'frobenius' } },
  // Beside the residual shortcut the identity has to be asked for.
  trirep: {
    method: trirep,
    options: {
      frames: 'channel',
      strength: 1,
      branches: { pointwise: true, identity: true },
      decay: 'frobenius',
    },
  },
};

const optimisers: Record<OptimiserName, OptimiserConfig> = {
  sgd: { name: 'sgd', momentum: fixture.optimisers.sgd.momentum, nesterov: true },
  adam: { name: 'adam' },
  adamw: { name: 'adamw' },
};

const task = classification({ name: 'class', classes: fixture.classes });

/** A network expanded by a run's method, all weights and statistics as PyTorch had them; the caller disposes. */
export function prepare(run: Run, statistics: 'biased' | 'unbiased'): tf.LayersModel {
  const base = buildNetwork();
  const selection = { ...methods[run.method], select: { any: expandedLayers } };
  const model = expand(base, { key: keyFromSeed(run.seed), statistics, ...selection });
  base.dispose();
  const prefix = `${run.method}/${run.seed}/initial/`;
  const variables = new Map(
    [...parametersOf(model), ...statesOf(model)].map((each) => [each.name, each.variable]),
  );
  const names = storedNames(prefix);
  const unmatched = [
    ...names.filter((name) => !variables.has(name)).map((name) => `PyTorch ${name}`),
    ...[...variables.keys()].filter((name) => !names.includes(name)).map((name) => `here ${name}`),
  ];
  if (unmatched.length > 0) throw new Error(`tensors on one side only: ${unmatched.join(', ')}`);
  for (const [name, variable] of variables) {
    const { shape, values } = stored(prefix + name);
    tf.tidy(() => variable.assign(tf.tensor(values, shape)));
  }
  return model;
}

/** What a run gave here. */
export interface Followed {
  /** Cross-entropy before each step. */
  readonly losses: readonly number[];
  /** Running statistics after the last step, by name. */
  readonly statistics: ReadonlyMap<string, Float32Array>;
}

/** Repeats one of PyTorch's runs on the present backend, with the training step that a phase compiles. */
export function follow(
  run: Run,
  statistics: 'biased' | 'unbiased' = 'unbiased',
  precision: Precision = 'float32',
): Followed {
  const model = prepare(run, statistics);
  const setting = fixture.optimisers[run.optimiser];
  const parameters = parametersOf(model);
  const weightDecay = { coefficient: setting.weightDecay, norms: false, biases: false };
  const optimiser = createOptimiser(optimisers[run.optimiser], optimisedParameters(parameters, weightDecay));
  const step = compilePhase({
    phase: joint,
    network: trainedNetwork(model),
    tasks: [task],
    optimiser,
    penalty: setting.weightDecay,
    precision,
  });
  const rate = tf.scalar(setting.lr);
  const losses = fixture.labels.map((_, index) => {
    const inputs = { ...batchOf(index), rate };
    const outputs = step(inputs);
    const loss = outputs.loss!.dataSync()[0]!;
    tf.dispose([inputs.x, inputs['label/class'], outputs]);
    return loss;
  });
  const after = new Map(
    statesOf(model).map(({ name, variable }) => [name, variable.dataSync<'float32'>().slice()]),
  );
  step.dispose();
  optimiser.dispose();
  model.dispose();
  rate.dispose();
  return { losses, statistics: after };
}

function batchOf(index: number) {
  const { shape, values } = stored('images');
  const size = values.length / fixture.steps;
  return {
    x: tf.tensor(values.slice(index * size, (index + 1) * size), shape.slice(1)),
    'label/class': tf.tensor1d(fixture.labels[index]!, 'int32'),
  };
}
