import { describe, expect, test } from 'vitest';
import {
  arrange,
  type ConfigFile,
  completeConfig,
  type LoadedConfig,
  oneRow,
  parseOverride,
  type RunConfig,
  recipeOf,
} from '../src';
import { tiny } from './support';

const source = { name: 'config.yaml', folder: '.' };

/** What a config, and overrides of it, come to. */
async function completed(config: ConfigFile, ...sets: readonly string[]): Promise<RunConfig> {
  const loaded: LoadedConfig = { config, ...source };
  const row = oneRow(arrange(loaded, { overrides: sets.map(parseOverride) }).rowsOn('wasm'));
  return completeConfig(row, { name: 'wasm' }, source);
}

/** Keys of {@link RunConfig} that change what an update does, or which weights count. */
const keys = [
  'clip',
  'averageWeights',
  'parameterGroups',
  'mix',
  'erase',
  'accumulate',
  'earlyStopping',
] as const;

const optionsOf = (config: RunConfig) => Object.fromEntries(keys.map((key) => [key, config[key]]));

test('nothing is on unless it is asked for, and the recipe has what the config says', async () => {
  const config = await completed(tiny);
  expect(optionsOf(config)).toEqual({
    clip: null,
    averageWeights: null,
    parameterGroups: [],
    mix: null,
    erase: null,
    accumulate: 1,
    earlyStopping: null,
  });
  expect(recipeOf(config)).toMatchObject(optionsOf(config));
});

test('short forms are written out', async () => {
  const config = await completed(
    { ...tiny, clip: 2, averageWeights: 0.9, mix: 'mixup', erase: { by: 'random', area: [0.1, 0.2] } },
    'earlyStopping=3',
    'accumulate=4',
  );
  expect(optionsOf(config)).toEqual({
    clip: { by: 'norm', limit: 2 },
    averageWeights: { by: 'ema', decay: 0.9 },
    parameterGroups: [],
    mix: { by: 'mixup', alpha: 1, probability: 1 },
    erase: { by: 'random', probability: 0.5, area: [0.1, 0.2], aspect: 0.3, fill: 'noise' },
    accumulate: 4,
    earlyStopping: { patience: 3, least: 0 },
  });
  expect(recipeOf(config)).toMatchObject(optionsOf(config));
});

test('a row changes a part, takes another kind, or switches off', async () => {
  const base: ConfigFile = {
    ...tiny,
    clip: { by: 'value', limit: 2 },
    mix: { by: 'mixup', alpha: 0.2 },
    erase: { by: 'random', fill: 'zero' },
  };
  const config = await completed(base, 'clip=5', 'mix.probability=0.5', 'erase={ by: cutout, size: 4 }');
  expect(config.clip).toEqual({ by: 'value', limit: 5 });
  expect(config.mix).toEqual({ by: 'mixup', alpha: 0.2, probability: 0.5 });
  expect(config.erase).toEqual({ by: 'cutout', size: 4 });
  const off = await completed(base, 'clip=null', 'mix=null', 'erase=null');
  expect([off.clip, off.mix, off.erase]).toEqual([null, null, null]);
});

describe('what makes no sense is refused when the config is read', () => {
  test.each([
    ['clip=0', /clip/],
    ['clip.by=norm', /"clip.limit" is missing/],
    ['averageWeights=1', /averageWeights/],
    ['mix=blend', /mix/],
    ['mix={ by: mixup, alpha: 0 }', /alpha/],
    ['erase={ by: cutout }', /erase/],
    ['erase={ by: random, area: [0.5, 0.1] }', /erase/],
    ['accumulate=0', /accumulate/],
    ['earlyStopping=0', /earlyStopping/],
    ['parameterGroups=[{ rates: 2 }]', /parameterGroups/],
    ['backbone={ name: mmoe, experts: 0 }', /experts.*1 expert or more/],
    ['backbone={ name: dselect-k, experts: 6 }', /experts.*power of two/],
  ])('%s', async (set, message) => {
    await expect((async () => completed(tiny, set))()).rejects.toThrow(message);
  });
});
