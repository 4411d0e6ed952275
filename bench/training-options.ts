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
  'equally averaged weights': { averageWeights: { by: 'swa', from: 1, every: 1 } },
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

/** What an update takes, its batch read and augmented. */
export interface OptionCost {
  readonly option: string;
  readonly milliseconds: number;
  /** How often that is the plain update's time. */
  readonly ratio: number;
  /** The same of processor time, which other programs on the machine do not add to. */
  readonly processorRatio: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Updates of ResNet-20 on the native engine with each training option, in turns with the plain one. Four updates a turn, as many as
 * the option that accumulates takes to move the weights; each turn begins with another side, as the machine tires.
 */
export async function trainingOptions(turns = 5, updates = 4): Promise<OptionCost[]> {
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
    const processor: number[] = [];
    let index = 0;
    const update = async () => {
      const started = performance.now();
      const given = await batches.read(index++);
      await step(given, { rate: 0.01 });
      tf.dispose(given);
      return performance.now() - started;
    };
    return { name, times, processor, update };
  });
  // Each compiles its steps first; accumulation has two of them.
  for (const { update } of sides) for (let index = 0; index < 4; index++) await update();
  for (let turn = 0; turn < turns; turn++) {
    for (let place = 0; place < sides.length; place++) {
      const { times, processor, update } = sides[(turn + place) % sides.length]!;
      let sum = 0;
      const before = process.cpuUsage();
      for (let index = 0; index < updates; index++) sum += await update();
      times.push(sum / updates);
      const { user, system } = process.cpuUsage(before);
      processor.push(user + system);
    }
  }
  await dataset.close();
  const [plainSide] = sides;
  // Turn by turn, as the machine is faster at one time than at another.
  const ratio = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, turn) => value / to[turn]!));
  return sides.map(({ name, times, processor }) => ({
    option: name,
    milliseconds: median(times),
    ratio: ratio(times, plainSide!.times),
    processorRatio: ratio(processor, plainSide!.processor),
  }));
}
