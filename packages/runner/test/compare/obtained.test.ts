import {
  arrange,
  choiceText,
  type LoadedConfig,
  loadDefaultPlugins,
  type ResolvedComparison,
  type RunConfig,
} from '@overparam/config';
import type { EngineInfo } from '@overparam/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { obtainedFrom } from '../../src/compare/obtained';

const row = {
  label: 'Baseline',
  method: { name: 'plain' },
  routine: { name: 'joint' },
  backbone: { name: 'resnet', depth: 8, width: 16, shortcut: 'A', initialisation: 'fanOut' },
  dataset: { name: 'cifar100-sample', holdOut: 0, holdOutSeed: 0 },
  epochs: 5,
  batch: 64,
  lr: { peak: 0.1, schedule: 'cosine' },
  seed: 0,
  optimiser: { name: 'sgd', momentum: 0.9, nesterov: true },
  weightDecay: { coefficient: 5e-4, norms: false, biases: false },
  augment: true,
  statistics: 'unbiased',
  tasks: null,
  balancer: { name: 'equal' },
  gradients: 'parameters',
  regulariser: null,
  heads: null,
  taskOptions: {},
  engine: { name: 'wasm', threads: 2 },
  select: null,
  validation: null,
  accumulate: 1,
  earlyStopping: null,
  parameterGroups: [],
  clip: null,
  averageWeights: null,
  mix: null,
  erase: null,
  precision: 'float32',
} as unknown as RunConfig;

const planned = {
  rows: [{ updates: 195, trainImages: 2500 }],
  testImages: 500,
  provenance: 'ten of the classes',
  tasks: [{ name: 'class', kind: 'classification', classes: ['apple', 'boat'] }],
  metrics: [],
};
const machine = { engine: { description: 'wasm' } as EngineInfo, runsAtOnce: 1, cores: 2 };

function resolved(rows: readonly RunConfig[], seeds: readonly (number | string)[] = [0]): ResolvedComparison {
  const { engine } = machine;
  return {
    title: 'Rates',
    rows,
    seeds,
    reference: null,
    improvement: 'deltaM',
    projection: null,
    sweep: null,
    launcher: { name: 'local' },
    controls: [],
    engine,
  };
}

describe('how the numbers were obtained', () => {
  beforeAll(loadDefaultPlugins);

  test('a choice is named with what is not its default', () => {
    expect(choiceText('backbone', row.backbone)).toBe('resnet (depth 8)');
    expect(choiceText('dataset', { ...row.dataset, holdOut: 250 })).toBe('cifar100-sample (holdOut 250)');
  });

  test('rows that depart from the shared recipe are named with the keys in which they do', () => {
    const rows = [
      row,
      { ...row, label: 'FNL', method: { name: 'fnl' }, routine: { name: 'cyclic' } },
      { ...row, label: 'Tuned', lr: { ...row.lr, peak: 0.3 }, batch: 32 },
    ] as RunConfig[];
    const obtained = obtainedFrom(resolved(rows, [0, '7']), planned, machine);
    expect(obtained.recipeDifferences).toHaveLength(1);
    expect(obtained.recipeDifferences[0]).toMatch(/^Tuned: /);
    expect(obtained.recipeDifferences[0]).toContain('lr.peak');
    const over = { lr: [0.1, 0.3] };
    const sweep = { sweep: { over } } as unknown as ResolvedComparison['sweep'];
    const swept = obtainedFrom({ ...resolved(rows), sweep }, planned, machine);
    expect(swept.recipe).toContain('peak rate chosen for each row (cosine)');
    expect(swept.recipeDifferences).toEqual(['Tuned: batch']);
    const held = { ...row, validation: { share: 0.2, seed: 0 } };
    expect(obtainedFrom(resolved([held]), planned, machine).recipe).toContain('a validation share of 0.2');
    const half = obtainedFrom(resolved([{ ...row, precision: 'bfloat16' }]), planned, machine);
    expect(half.recipe).toBe(`${obtained.recipe}, activations in bfloat16`);
    expect(obtained.recipeDifferences[0]).toContain('batch');
    expect(obtained).toMatchObject({
      title: 'Rates',
      seeds: ['0', '7'],
      engine: 'wasm, 2 threads',
      testImages: 500,
      classNames: { class: ['apple', 'boat'] },
      improvement: { name: 'deltaM', direction: 'lower' },
      recipe: 'sgd with Nesterov momentum, peak rate 0.1 (cosine), weight decay 0.0005, augmented',
    });
  });

  test('with several tasks, what of balancing, measuring and augmenting is not the default', () => {
    const several = {
      ...planned,
      tasks: ['segmentation', 'depth'].map((name) => ({ name, kind: name })),
    };
    const augmentation = { scaleCrop: true, scales: [1, 1.2, 1.5], flip: true, sideEffects: 'published' };
    const dense = {
      ...row,
      backbone: { name: 'segnet', width: 8 },
      dataset: { name: 'nyuv2-sample', size: [96, 128], augmentation },
    } as RunConfig;
    const plain = obtainedFrom(resolved([dense]), several, machine);
    expect(plain.recipe).toMatch(/, augmented, balancer equal$/);
    expect(plain.dataset).toBe('nyuv2-sample');
    const changed = {
      ...dense,
      balancer: { name: 'cagrad', c: 0.7 },
      gradients: 'representation',
      heads: { depth: 'deeplab', normals: { name: 'deeplab', filters: 64, dropout: 0.5 } },
      statistics: 'biased',
      taskOptions: { labelSmoothing: 0.1, absentClass: 'nan', metricMode: 'batchMean' },
      dataset: {
        ...dense.dataset,
        size: [64, 96],
        augmentation: { ...augmentation, sideEffects: 'corrected' },
      },
    } as RunConfig;
    const obtained = obtainedFrom(resolved([changed]), several, machine);
    for (const part of [
      'balancer cagrad (c 0.7)',
      'gradients of the representation',
      'head of depth deeplab',
      'head of normals deeplab (filters 64)',
      'biased statistics of norms',
      'labelSmoothing 0.1',
      'absentClass nan',
      'metricMode batchMean',
    ])
      expect(obtained.recipe).toContain(`, ${part}`);
    expect(obtained.dataset).toBe('nyuv2-sample (size [64,96], augmentation.sideEffects corrected)');
  });

  test('a comparison is named by its label and variant, or after its file', () => {
    const titleOf = (config: LoadedConfig['config'], variant?: string) =>
      arrange({ config, name: 'rates.yaml', folder: '.' }, { overrides: [], variant }).title;
    expect(titleOf({})).toBe('rates');
    expect(titleOf({ label: 'Rates', variants: { long: {} } }, 'long')).toBe('Rates: long');
  });
});
