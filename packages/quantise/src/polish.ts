import { weightSpace } from '@overparam/core-reparam';
import { flattenNetwork } from '@overparam/export';
import type { Backbone, Method, OpenDataset, Start } from '@overparam/plugin';
import { joint } from '@overparam/routines';
import {
  beginTraining,
  deploy,
  disposeTrained,
  type LoopListeners,
  layoutOf,
  type OnLayer,
  planTraining,
  type Recipe,
  TrainingLoop,
  withOptions,
} from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { FakeQuantise, quantiseKernel } from './fake-quantise';
import { type Grids, type PlaceOptions, withPlaces } from './place-layers';
import { rebuild } from './rebuild';

const start = z.strictObject({ start: z.enum(['fresh', 'preserve']).default('fresh') });

/** Kernels on the grid of eight bits, with gradients passed through; collapses to the kernel on its grid. */
export const int8Weights: Method<{ readonly start: Start }> = {
  apiVersion: 1,
  name: 'int8-weights',
  summary: 'Kernels rounded to eight bits by output channel, with gradients passed through.',
  source: {
    title:
      'Jacob et al.: Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference (CVPR 2018)',
    url: 'https://arxiv.org/abs/1712.05877',
  },
  options: start,
  supports: (_site, options) =>
    options.start === 'fresh' || 'a kernel that is rounded is not the given one (expected start: fresh)',
  expand: (site) =>
    weightSpace(site, {
      parameters: [{ name: 'kernel', shape: site.kernelShape, role: 'plain', continues: 'kernel' }],
      kernel: ({ kernel }) => quantiseKernel(kernel as tf.Tensor4D),
      initialise: ({ kernel }) => ({ kernel: tf.clone(kernel) }),
      decay: 'parameters',
    }),
};

/** How a network is polished. */
export interface PolishOptions extends PlaceOptions {
  readonly epochs: number;
  /** Highest learning rate, from which it falls to zero along a cosine. */
  readonly rate: number;
  readonly signal?: AbortSignal;
  readonly listeners?: LoopListeners;
  /** Told of each layer that is made ready to be trained. */
  readonly onLayer?: OnLayer;
}

/**
 * Trains a collapsed network on with its kernels and activations in eight bits, the grids of activations fixed.
 *
 * @param model    plain or collapsed; is left as it was
 * @param grids    of its places, which the result is to be used with
 * @param recipe   of the run that trained it: data order, batch, losses, balancer, optimiser and weight decay are taken from it
 * @param dataset  with the tasks of the network's outputs, in their order
 * @returns        a network of the same layers, its kernels on their grids; the caller disposes it
 * @throws OverparamError `non-finite`, `interrupted`, and what training throws
 */
export async function polish(
  model: tf.LayersModel,
  grids: Grids,
  recipe: Recipe,
  dataset: OpenDataset,
  options: PolishOptions,
): Promise<tf.LayersModel> {
  const { epochs, rate, signal, listeners } = options;
  const tasks = dataset.tasks.map((declared) => recipe.task(declared));
  const kept = new Set(options.float?.map((path) => path.replaceAll('/', '_')));
  const plan = planTraining(
    {
      ...recipe,
      method: withOptions(int8Weights),
      routine: withOptions(joint),
      backbone: withOptions(placedBackbone(model, grids, tasks, options)),
      epochs,
      lr: { peak: rate, schedule: 'cosine' },
      select: ({ name }) => !kept.has(name),
      evaluation: 'last',
      // What speaks of the roles and layers of the network as it was expanded, or of another length of training.
      regulariser: null,
      parameterGroups: [],
      averageWeights: null,
      layerRecords: null,
      following: null,
      earlyStopping: null,
      precision: 'float32',
    },
    dataset,
  );
  const loop = new TrainingLoop(plan, beginTraining(plan, null, options.onLayer), listeners, signal);
  try {
    await loop.run();
    const { networks } = await deploy({ ...loop.trained.network, apart: false });
    const [deployed] = networks;
    try {
      return withoutPlaces(deployed!.model);
    } finally {
      for (const network of networks) network.model.dispose();
    }
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
  }
}

/** The network with its places as a backbone, which it is to the plan of a training. */
function placedBackbone(
  model: tf.LayersModel,
  grids: Grids,
  tasks: Parameters<typeof layoutOf>[1],
  options: PlaceOptions,
): Backbone {
  return {
    apiVersion: 1,
    name: 'collapsed',
    summary: 'A collapsed network with its activations in eight bits.',
    options: z.strictObject({}),
    build() {
      const placed = withPlaces(model, grids, options).model;
      return { model: placed, ...layoutOf(placed, tasks) };
    },
  };
}

/** The network that stands between the places. */
function withoutPlaces(model: tf.LayersModel): tf.LayersModel {
  return rebuild(
    model.name,
    flattenNetwork(model),
    () => null,
    (layer) => layer instanceof FakeQuantise,
  ).model;
}
