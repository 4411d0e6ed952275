import { existsSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import { precisionProblem, useEngine } from '@overparam/engine';
import { describe, expect, test } from 'vitest';
import { train } from '../../src/run/train';
import { filesOf, interrupted } from '../support/interrupted';
import { hasNativeEngine } from '../support/native';
import { temporaryFolder, textOf, tiny, tinyScenes } from '../support/tiny';

const path = temporaryFolder();

test('a precision that does not exist is refused with those that do', async () => {
  const config = { ...tiny, precision: 'float16' } as unknown as ConfigFile;
  await expect(train(config, { out: path('unknown') })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/precision.*float32.*bfloat16/),
  });
});

test('bfloat16 is refused by name where the engine has none, before anything is written', async () => {
  await expect(train({ ...tiny, precision: 'bfloat16' }, { out: path('wasm') })).rejects.toMatchObject({
    code: 'precision-unsupported',
    message: expect.stringContaining('the engine "wasm" computes in float32 only'),
  });
  expect(existsSync(path('wasm', 'config.yaml'))).toBe(false);
});

async function problem(): Promise<string | null> {
  if (!(await hasNativeEngine('training in bfloat16'))) return 'no native engine';
  await useEngine('tensorflow');
  return precisionProblem('bfloat16');
}

const cases: Record<string, ConfigFile> = {
  'trirep, progressive': { ...tiny, method: 'trirep', routine: 'progressive' },
  'repvgg, adam': { ...tiny, method: 'repvgg', optimiser: 'adam', lr: 0.003 },
  'routed cores, a balancer': {
    ...tinyScenes,
    method: { name: 'trirep', multiTask: 'routed' },
    balancer: 'upgrad',
    gradients: 'representation',
  },
};

describe.skipIf((await problem()) !== null)('in bfloat16', () => {
  test.each(Object.entries(cases))(
    '%s: the same bytes when stopped and gone on',
    async (name, config) => {
      const half: ConfigFile = { ...config, engine: 'tensorflow', precision: 'bfloat16' };
      const folder = (suffix: string) => path(`${name.replaceAll(/\W+/g, '-')}-${suffix}`);
      await train(half, { out: folder('whole') });
      await interrupted(half, folder('stopped'), { update: 2 });
      await interrupted(half, folder('stopped'), { epoch: 1 });
      await train(half, { out: folder('stopped'), resume: true });
      expect(filesOf(folder('stopped'))).toEqual(filesOf(folder('whole')));
      await train({ ...half, precision: 'float32' }, { out: folder('wide') });
      expect(textOf(folder('wide'), 'metrics.jsonl')).not.toBe(textOf(folder('whole'), 'metrics.jsonl'));
      // Collapse is computed in float32, whatever the steps were.
      const { collapseGap } = JSON.parse(textOf(folder('whole'), 'result.json'));
      expect(collapseGap).toBeLessThan(1e-4);
      // Five runs of several tasks.
    },
    300_000,
  );

  test('a run does not go on in another precision', async () => {
    const half: ConfigFile = { ...tiny, engine: 'tensorflow', precision: 'bfloat16' };
    await interrupted(half, path('other'), { epoch: 1 });
    const other = train({ ...half, precision: 'float32' }, { out: path('other'), resume: true });
    await expect(other).rejects.toThrow(/precision/);
  });
});
