import { collapse, forward, type OpenDataset } from '@overparam/core-reparam';
import { compile, keyFromSeed, normalTensor } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import { joint } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { completeConfig } from '../../packages/runner/src/config/complete';
import type { RunConfig } from '../../packages/runner/src/config/schema';
import { compilePhase } from '../../packages/runner/src/train/phase';
import { networkOfStage } from '../../packages/runner/src/train/session';
import { optimiserFor } from '../../packages/runner/src/train/stage';
import type { MethodName, ModelName, Row } from './rows';
import { training } from './settings';

const classes = 100;
const key = keyFromSeed(1);

/** A step that can be timed: it computes, reads its loss and frees what it made. */
export interface TimedStep {
  readonly run: () => Promise<number>;
  /** Numbers that are trained. */
  readonly parameters: number;
}

const classTask = {
  name: 'class',
  kind: 'classification',
  outputs: classes,
  label: { shape: [], dtype: 'int32' },
} as const;

/** All that a network's form follows from; there are no examples to read. */
const dataset = { inputShape: [32, 32, 3], tasks: [classTask] } as unknown as OpenDataset;

const backbones: Readonly<Record<ModelName, object>> = {
  resnet20: { name: 'resnet', depth: 20 },
  resnet50: { name: 'resnet50' },
};

const methods: Readonly<Record<MethodName, object>> = {
  plain: { name: 'plain' },
  // Random factors: a spectral start takes minutes on large layers and changes no step's time.
  fnl: { name: 'fnl', form: 'deep', decay: 'frobenius', initialisation: 'kaiming' },
  repvgg: { name: 'repvgg' },
  trirep: { name: 'trirep', frames: 'channel' },
};

function configOf({ model, method, batch }: Row): Promise<RunConfig> {
  const layer = {
    backbone: backbones[model],
    method: methods[method],
    // What a plain run selects makes no difference; every method's own layers are the 3x3 ones.
    select: { kernel: [3, 3] },
    dataset: 'cifar100',
    epochs: 1,
    batch,
    weightDecay: training.decay,
    lr: training.rate,
  };
  return completeConfig(layer as never, { name: 'tensorflow' }, { name: 'bench', folder: '.' });
}

/** A row's network as a run trains it; the caller disposes its model. */
export async function trainedNetwork(row: Row) {
  const config = await configOf(row);
  return { config, network: networkOfStage(config, dataset, key, 'expanded', true) };
}

/** A row's collapsed network; the caller disposes it. */
export async function collapsedNetwork(row: Row): Promise<tf.LayersModel> {
  const { network } = await trainedNetwork(row);
  try {
    return collapse(network.model).model;
  } finally {
    network.model.dispose();
  }
}

/** A batch of noise and classes, the same for all sides; the caller disposes both. */
export function batchOf(size: number): { readonly x: tf.Tensor4D; readonly labels: tf.Tensor1D } {
  const x = normalTensor(keyFromSeed(2), [size, 32, 32, 3], 0, 1) as tf.Tensor4D;
  const labels = tf.tensor1d(
    Int32Array.from({ length: size }, (_, index) => (index * 37) % classes),
    'int32',
  );
  return { x, labels };
}

async function lossOf(outputs: Readonly<Record<string, tf.Tensor>>): Promise<number> {
  const [loss] = await outputs.loss!.data();
  tf.dispose(outputs as tf.NamedTensorMap);
  return loss!;
}

/** The product's own training step, as its loop runs it: SGD with Nesterov momentum, checked for finite values. */
export async function trainingStep(row: Row): Promise<TimedStep> {
  const { config, network } = await trainedNetwork(row);
  const { parameters } = network;
  const [phase] = joint.plan(
    { updates: 1, updatesPerEpoch: 1, tasks: ['class'], groups: [], key },
    {},
  ).phases;
  const step = compilePhase({
    phase: { ...phase!, moves: [{}] },
    network,
    tasks: [taskFor(classTask)],
    optimiser: optimiserFor(config, network),
    penalty: training.decay,
  });
  const { x, labels } = batchOf(row.batch);
  const run = async (): Promise<number> => {
    const rate = tf.scalar(training.rate);
    const outputs = step({ x, 'label/class': labels, rate });
    rate.dispose();
    const [finite] = await outputs.finite!.data();
    if (finite !== 1) throw new Error('a step was not finite');
    return lossOf(outputs);
  };
  return { run, parameters: parameters.reduce((sum, { variable }) => sum + variable.size, 0) };
}

/** A pass of the collapsed network, compiled. */
export async function inferenceStep(row: Row): Promise<TimedStep> {
  const model = await collapsedNetwork(row);
  const task = taskFor(classTask);
  const { x, labels } = batchOf(row.batch);
  const step = compile((inputs) => {
    const [logits] = forward(model, inputs.x!, { mode: 'infer' });
    return { loss: task.loss(logits!, inputs.labels!) };
  });
  return { run: () => lossOf(step({ x, labels })), parameters: model.countParams() };
}

/** The plain network trained as tfjs alone would: its own layers, gradients and optimiser, op by op. */
export async function stockStep(row: Row): Promise<TimedStep> {
  const { network } = await trainedNetwork(row);
  const model = collapse(network.model, { norms: 'keep' }).model;
  network.model.dispose();
  const { x, labels } = batchOf(row.batch);
  const oneHot = tf.oneHot(labels, classes);
  const optimiser = tf.train.momentum(training.rate, 0.9, true);
  const run = async (): Promise<number> => {
    const loss = optimiser.minimize(() => {
      const logits = model.apply(x, { training: true }) as tf.Tensor;
      return tf.losses.softmaxCrossEntropy(oneHot, logits) as tf.Scalar;
    }, true);
    return lossOf({ loss: loss! });
  };
  const trained = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
  return { run, parameters: trained.reduce((sum, size) => sum + size, 0) };
}
