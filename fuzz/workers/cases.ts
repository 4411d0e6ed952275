import type { ConfigFile } from '@overparam/config';

/** Four passes over five batches; the size of a batch is given. */
const passes = (batch: number): ConfigFile => ({
  limit: { train: 5 * batch, test: 2 },
  epochs: 4,
  batch,
});

const images: ConfigFile = {
  method: 'plain',
  routine: 'joint',
  backbone: { name: 'resnet', depth: 8, width: 2 },
  dataset: 'cifar100-sample',
  // Plain stochastic gradient descent.
  optimiser: { name: 'sgd', momentum: 0 },
  // Small: where rounding takes an activation to the other side of a ReLU's zero, in one process as in several, the gradient
  // jumps by a part in a thousand in so narrow a network. What one update does is compared at a larger rate, by cases of their own.
  lr: 0.0002,
  seed: 7,
  // 2, 3 and 4 workers do not divide it, and 7 is no multiple of theirs.
  ...passes(7),
};

const scenes: ConfigFile = {
  ...images,
  backbone: { name: 'segnet', width: 4 },
  // At 32x32 the innermost norms are of one value an example, and the last bit of the first weights grows to 1e-4 and more in 20 updates.
  dataset: { name: 'nyuv2-sample', size: [64, 64], threads: 0 },
  select: { kernel: [3, 3] },
  lr: 0.00002,
};

const methods = [
  'plain',
  'acb',
  'dbb',
  'doconv',
  'expandnets',
  'fnl',
  'mobileone',
  'orepa',
  'repvgg',
  'trirep',
];
const routines = ['alternating', 'cyclic', 'progressive'];
/** Of the Gramian of parameters, averages of gradients, elements, another batch, losses after the step. */
const balancers = ['mgda', 'upgrad', 'pcgrad', 'db-mtl', 'graddrop', 'modo', 'famo'];

/**
 * A single update shows what a gradient is, at a rate where it counts. Where one activation falls to the other side of a ReLU's
 * zero, it is as far off as that ReLU matters: by other seeds none may.
 */
const seedsOfOneUpdate = [8, 9, 10];
const oneUpdate = (method: string, seed: number) => `one update, ${method}, seed ${seed}`;

/** The same single update by other seeds; none for other cases. */
export function twinsOf(name: string): readonly string[] {
  const method = methods.find((one) => seedsOfOneUpdate.some((seed) => oneUpdate(one, seed) === name));
  if (method === undefined) return [];
  return seedsOfOneUpdate.map((seed) => oneUpdate(method, seed)).filter((other) => other !== name);
}

/** What is trained, by name: every method and routine, and what an update may do besides. */
export const cases: Readonly<Record<string, ConfigFile>> = {
  ...Object.fromEntries(methods.map((method) => [`method ${method}`, { ...images, method }])),
  ...Object.fromEntries(
    methods.flatMap((method) =>
      seedsOfOneUpdate.map((seed) => [
        oneUpdate(method, seed),
        { ...images, method, lr: 0.1, seed, epochs: 1, limit: { train: 7, test: 2 } },
      ]),
    ),
  ),
  ...Object.fromEntries(
    routines.map((routine) => [
      `routine ${routine}`,
      { ...images, method: { name: 'trirep', frames: 'channel' }, routine },
    ]),
  ),
  'masks on gradients': { ...images, method: { name: 'sgs', every: 1 } },
  'mixed images': { ...images, mix: { by: 'either', alpha: 1, probability: 1 } },
  'erased images, sums of two batches, clipped': {
    ...images,
    erase: { by: 'cutout', size: 8 },
    accumulate: 2,
    clip: { by: 'norm', limit: 0.5 },
    averageWeights: { decay: 0.9 },
  },
  'decay of composed kernels': { ...images, method: 'fnl', weightDecay: 0.001 },
  'no balancer': scenes,
  ...Object.fromEntries(balancers.map((balancer) => [`balancer ${balancer}`, { ...scenes, balancer }])),
  'balancer mgda of the representation': { ...scenes, balancer: 'mgda', gradients: 'representation' },
  'balancer graddrop of the representation': {
    ...scenes,
    balancer: 'graddrop',
    gradients: 'representation',
  },
  'routed cores': { ...scenes, method: 'trirep', balancer: 'upgrad' },
};
