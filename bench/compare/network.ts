import { collapse, forward } from '@overparam/core-reparam';
import { compile, keyFromSeed } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import { joint } from '@overparam/routines';
import { completeConfig, recipeOf } from '@overparam/runner';
import { compilePhase, networkOfStage, optimiserFor, type Recipe } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { batchOf, datasetOf, problems } from './problems';
import type { MethodName, Row } from './rows';

const key = keyFromSeed(1);

/** A step that can be timed: it computes, reads its loss and frees what it made. */
export interface TimedStep {
  readonly run: () => Promise<number>;
  /** Numbers that are trained. */
  readonly parameters: number;
}

const methods: Readonly<Record<MethodName, object>> = {
  plain: { name: 'plain' },
  // Random factors: a spectral start takes minutes on large layers and changes no step's time.
  fnl: { name: 'fnl', form: 'deep', decay: 'frobenius', initialisation: 'kaiming' },
  repvgg: { name: 'repvgg' },
  trirep: { name: 'trirep', frames: 'channel', multiTask: 'shared' },
  whitening: { name: 'trirep', multiTask: 'shared' },
  acb: { name: 'acb' },
  dbb: { name: 'dbb' },
  mobileone: { name: 'mobileone' },
  expandnets: { name: 'expandnets' },
  doconv: { name: 'doconv' },
  orepa: { name: 'orepa' },
  // A mask that stays: what a look at activations costs is measured by itself.
  sgs: {
    name: 'sgs',
    mask: [
      [1, 2, 1],
      [2, 4, 2],
      [1, 2, 1],
    ],
  },
  routed: { name: 'trirep', frames: 'channel', multiTask: 'routed' },
};

async function recipeFor({ model, method, batch }: Row): Promise<Recipe> {
  const { backbone, optimiser, rate, decay } = problems[model];
  const layer = {
    backbone,
    method: methods[method],
    // What a plain run selects makes no difference; every method's own layers are the 3x3 ones.
    select: { kernel: [3, 3] },
    dataset: 'cifar100',
    epochs: 1,
    batch,
    optimiser,
    weightDecay: decay,
    lr: rate,
  };
  const source = { name: 'bench', folder: '.' };
  return { ...recipeOf(await completeConfig(layer as never, { name: 'tensorflow' }, source)), key };
}

/** A row's network as a run trains it; the caller disposes its model. */
export async function trainedNetwork(row: Row) {
  const recipe = await recipeFor(row);
  const options = { stage: 'expanded', start: 'as configured' } as const;
  return { recipe, network: networkOfStage(recipe, datasetOf(problems[row.model]), options) };
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

async function lossOf(outputs: Readonly<Record<string, tf.Tensor>>): Promise<number> {
  const [loss] = await outputs.loss!.data();
  tf.dispose(outputs as tf.NamedTensorMap);
  return loss!;
}

/** The product's own training step, as its loop runs it, checked for finite values. */
export async function trainingStep(row: Row): Promise<TimedStep> {
  const problem = problems[row.model];
  const { recipe, network } = await trainedNetwork(row);
  const { parameters } = network;
  const tasks = problem.tasks.map((task) => taskFor(task));
  const names = tasks.map(({ name }) => name);
  const shape = { updates: 1, updatesPerEpoch: 1, tasks: names, groups: [], key };
  const [phase] = joint.plan(shape, {}).phases;
  const step = compilePhase({
    phase: { ...phase!, moves: [{}] },
    network,
    tasks,
    optimiser: optimiserFor(recipe, network),
    penalty: problem.decay,
    precision: row.precision,
    recompute: row.recompute,
  });
  const batch = batchOf(problem, row.batch);
  const run = async (): Promise<number> => {
    const rate = tf.scalar(problem.rate);
    const outputs = step({ ...batch, rate });
    rate.dispose();
    const [finite] = await outputs.finite!.data();
    if (finite !== 1) throw new Error('a step was not finite');
    return lossOf(outputs);
  };
  return { run, parameters: parameters.reduce((sum, { variable }) => sum + variable.size, 0) };
}

/** A pass of the collapsed network, compiled. */
export async function inferenceStep(row: Row): Promise<TimedStep> {
  const problem = problems[row.model];
  const model = await collapsedNetwork(row);
  const tasks = problem.tasks.map((task) => taskFor(task));
  const batch = batchOf(problem, row.batch);
  const step = compile(
    (inputs) => {
      const outputs = forward(model, inputs.x!, { mode: 'infer' });
      const losses = tasks.map(({ name, loss }, index) => loss(outputs[index]!, inputs[`label/${name}`]!));
      return { loss: tf.addN(losses) };
    },
    { precision: row.precision, frozen: true },
  );
  return { run: () => lossOf(step(batch)), parameters: model.countParams() };
}

/** A classifier's plain network trained as tfjs alone would: its own layers, gradients and optimiser, op by op. */
export async function stockStep(row: Row): Promise<TimedStep> {
  const problem = problems[row.model];
  const [{ name, outputs }] = problem.tasks as [(typeof problem.tasks)[0]];
  const { network } = await trainedNetwork(row);
  const model = collapse(network.model, { norms: 'keep' }).model;
  network.model.dispose();
  const { x, [`label/${name}`]: labels } = batchOf(problem, row.batch);
  const oneHot = tf.oneHot(labels as tf.Tensor1D, outputs);
  const optimiser = tf.train.momentum(problem.rate, 0.9, true);
  const run = async (): Promise<number> => {
    const loss = optimiser.minimize(() => {
      const logits = model.apply(x!, { training: true }) as tf.Tensor;
      return tf.losses.softmaxCrossEntropy(oneHot, logits) as tf.Scalar;
    }, true);
    return lossOf({ loss: loss! });
  };
  const trained = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
  return { run, parameters: trained.reduce((sum, size) => sum + size, 0) };
}
