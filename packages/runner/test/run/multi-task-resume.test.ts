import type { ConfigFile } from '@overparam/config';
import { describe, expect, test } from 'vitest';
import { train } from '../../src/run/train';
import { filesOf, interrupted } from '../support/interrupted';
import { temporaryFolder, textOf, tinyScenes } from '../support/tiny';

const path = temporaryFolder();

const cases: Record<string, ConfigFile> = {
  'routed cores, a balancer with averaged gradients': { ...tinyScenes, method: 'trirep', balancer: 'db-mtl' },
  'masks on gradients, a balancer with averaged gradients': {
    ...tinyScenes,
    method: { name: 'sgs', every: 1 },
    balancer: 'db-mtl',
  },
  'merging trunks, a balancer that looks back after the step': {
    ...tinyScenes,
    method: { name: 'trirep', multiTask: 'merge' },
    routine: 'progressive',
    balancer: 'famo',
  },
  'a balancer with trained weights, on the representation, read by threads': {
    ...tinyScenes,
    dataset: { name: 'nyuv2-sample', size: [32, 32], threads: 1, holdOut: 3 },
    limit: { test: 3 },
    epochs: 1,
    batch: 7,
    balancer: 'gradnorm',
    gradients: 'representation',
    evaluation: 'best',
  },
};

describe.each(Object.entries(cases))('%s', (name, config) => {
  const folder = (suffix: string) => path(`${name.replaceAll(/\W+/g, '-')}-${suffix}`);

  test('one seed gives the same bytes, interrupted or not', async () => {
    await train(config, { out: folder('whole') });
    const lines = textOf(folder('whole'), 'metrics.jsonl').trim().split('\n');
    expect(lines).toHaveLength(config.epochs!);
    await interrupted(config, folder('parts'), { update: 2 });
    if (config.epochs! > 1) await interrupted(config, folder('parts'), { epoch: 1 });
    await train(config, { out: folder('parts'), resume: true });
    expect(filesOf(folder('parts'))).toEqual(filesOf(folder('whole')));
  });
});
