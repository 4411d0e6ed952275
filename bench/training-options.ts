import { resnet } from '@overparam/backbones';
import { plain } from '@overparam/core-reparam';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import { parseOptions } from '@overparam/plugin';
import {
  expandNetwork,
  type TrainingBatchOptions,
  type TrainingStepOptions,
  trainingBatches,
  trainingStep,
} from '@overparam/training';
import * as tf from '@tensorflow/tfjs';

type Options = Partial<TrainingStepOptions> & Pick<TrainingBatchOptions, 'mix' | 'erase'>;

const variants: Readonly<Record<string, Options>> = {
  none: {},
  'clip by norm': { clip: { by: 'norm', limit: 1 } },
  'clip by value': { clip: { by: 'value', limit: 0.1 } },
  'averaged weights': { averageWeights: { decay: 0.999 } },
  mixup: { mix: { by: 'mixup', alpha: 1, probability: 1 } },
  cutmix: { mix: { by: 'cutmix', alpha: 1, probability: 1 } },
  cutout: { erase: { by: 'cutout', size: 8 } },
  'random erasing': {
    erase: { by: 'random', probability: 0.5, area: [0.02, 0.4], aspect: 0.3, fill: 'noise' },
  },
  'accumulation over 4': { accumulate: 4 },
  'parameter groups': { parameterGroups: [{ match: 'stem_*', rate: 0.1 }] },
};

const batch = 128;

/** Milliseconds of an update, its batch read and augmented, and how often that is the plain update's time. */
export interface OptionCost {
  readonly option: string;
  readonly milliseconds: number;
  readonly ratio: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Updates of ResNet-20 on the native engine with each training option, in turns with the plain one. */
export async function trainingOptions(turns = 5, updates = 3): Promise<OptionCost[]> {
  await useEngine('tensorflow');
  const dataset = await cifar100Sample.open(parseOptions(cifar100Sample.options, {}), { dataDir: 'data' });
  const tasks = dataset.tasks.map((task) => taskFor(task));
  const key = keyFromSeed(1);
  const sides = Object.entries(variants).map(([name, { mix = null, erase = null, ...options }]) => {
    const shape = { inputShape: [32, 32, 3], tasks, key } as const;
    const base = resnet.build(shape, parseOptions(resnet.options, {}));
    const network = expandNetwork(base, { method: plain, tasks, key });
    base.model.dispose();
    const optimiser = { name: 'sgd', momentum: 0.9, nesterov: true } as const;
    const step = trainingStep({ network, tasks, optimiser, ...options });
    const batches = trainingBatches(dataset, { key, batch, mix, erase });
    const times: number[] = [];
    let index = 0;
    const update = async () => {
      const started = performance.now();
      const given = await batches.read(index++);
      await step(given, { rate: 0.01 });
      tf.dispose(given);
      return performance.now() - started;
    };
    return { name, times, update };
  });
  // Each compiles its steps first; accumulation has two of them.
  for (const { update } of sides) for (let index = 0; index < 4; index++) await update();
  for (let turn = 0; turn < turns; turn++) {
    for (const { times, update } of sides) {
      let sum = 0;
      for (let index = 0; index < updates; index++) sum += await update();
      times.push(sum / updates);
    }
  }
  await dataset.close();
  const plainTimes = sides[0]!.times;
  return sides.map(({ name, times }) => ({
    option: name,
    milliseconds: median(times),
    // Turn by turn, as the machine is faster at one time than at another.
    ratio: median(times.map((time, turn) => time / plainTimes[turn]!)),
  }));
}
