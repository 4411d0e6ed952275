import { resnet, segnet } from '@overparam/backbones';
import { equal } from '@overparam/balancers';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { nyuv2Sample } from '@overparam/datasets-nyuv2';
import { keyFromSeed } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import type { Dataset } from '@overparam/plugin';
import { joint } from '@overparam/routines';
import { type Chosen, type RecipeOptions, withOptions } from '../../src/index';

/** A recipe and the data that it is for. */
export interface Setup extends RecipeOptions {
  readonly dataset: Chosen<Dataset>;
}

/** A run of some seconds: a ResNet-8 of width 2 on some images of the shipped sample. */
export const tiny: Setup = {
  dataset: withOptions(cifar100Sample),
  backbone: withOptions(resnet, { depth: 8, width: 2 }),
  routine: joint,
  balancer: equal,
  task: taskFor,
  limit: { train: 24, test: 10 },
  epochs: 3,
  batch: 8,
  lr: { peak: 0.05, schedule: 'cosine' },
  optimiser: { name: 'sgd', momentum: 0.9, nesterov: true },
  weightDecay: { coefficient: 5e-4, norms: false, biases: false },
  key: keyFromSeed(7),
};

/** The dataset of {@link tinyScenes}, with other options beside its size. */
export const scenes = (options: object = {}) =>
  withOptions(nyuv2Sample, { size: [32, 32], threads: 0, ...options });

/** A run of some seconds with three tasks: a SegNet of width 4 on some small scenes of the shipped sample. */
export const tinyScenes: Setup = {
  dataset: scenes(),
  backbone: withOptions(segnet, { width: 4 }),
  routine: joint,
  balancer: equal,
  task: taskFor,
  limit: { train: 6, test: 3 },
  epochs: 2,
  batch: 2,
  lr: 0.003,
  optimiser: { name: 'adam' },
  weightDecay: { coefficient: 1e-4, norms: false, biases: false },
  select: { kernel: [3, 3] },
  key: keyFromSeed(7),
};

/** The shipped CIFAR sample with a second task: whether the class is odd. */
const twoTasks: Dataset = {
  ...cifar100Sample,
  name: 'two-tasks',
  async open(options, context) {
    const opened = await (cifar100Sample as Dataset).open(options, context);
    const [classes] = opened.tasks;
    return {
      ...opened,
      tasks: [classes!, { ...classes!, name: 'parity', outputs: 2, classes: ['even', 'odd'] }],
      label(example, task, target, offset) {
        opened.label(example, classes!.name, target, offset);
        if (task === 'parity') target[offset]! %= 2;
      },
    };
  },
};

/** A run of some seconds with two tasks and a smooth network, which does not blow rounding errors up. */
export const tinyTwoTasks: Setup = {
  ...tiny,
  backbone: withOptions(resnet, { depth: 8, width: 4 }),
  dataset: withOptions(twoTasks),
};
