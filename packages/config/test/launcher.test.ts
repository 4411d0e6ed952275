import { expect, test } from 'vitest';
import { parseOverride } from '../src/override';
import { arrange } from '../src/rows';
import type { ConfigFile } from '../src/schema';

function launcherOf(config: ConfigFile, launcher?: string, ...set: string[]) {
  const request = { overrides: set.map(parseOverride), ...(launcher !== undefined && { launcher }) };
  return arrange({ config, name: 'a.yaml', folder: '/' }, request).launcher;
}

const slurm: ConfigFile = { launcher: { name: 'slurm', partition: 'cpu', signalDelayS: 60 } };

test('runs compute here where nothing is said', () => {
  expect(launcherOf({})).toEqual({ name: 'local' });
});

test("has submitit's defaults, and takes options by --set", () => {
  expect(launcherOf(slurm, undefined, 'launcher.timeoutMin=5')).toEqual({
    name: 'slurm',
    partition: 'cpu',
    timeoutMin: 5,
    arrayParallelism: 256,
    signalDelayS: 60,
    maxNumTimeout: 0,
    retries: 0,
    setup: [],
    additionalParameters: {},
    waitForCompletion: true,
    pollSeconds: 5,
  });
  expect(launcherOf({ launcher: 'slurm' }, undefined, 'launcher.partition=gpu')).toMatchObject({
    partition: 'gpu',
  });
});

test('--launcher keeps the options of its own kind alone', () => {
  expect(launcherOf(slurm, 'slurm')).toMatchObject({ partition: 'cpu' });
  expect(launcherOf(slurm, 'local')).toEqual({ name: 'local' });
  expect(launcherOf({}, 'slurm', 'launcher.partition=gpu')).toMatchObject({
    name: 'slurm',
    partition: 'gpu',
  });
});

test('mistakes are told', () => {
  expect(() => launcherOf({}, 'slrum')).toThrow(
    '--launcher: there is no launcher "slrum". Did you mean "slurm"?',
  );
  expect(() => launcherOf(slurm, undefined, 'launcher.partitoin=gpu')).toThrow(
    expect.objectContaining({
      code: 'unknown-key',
      message: expect.stringContaining('Did you mean "partition"?'),
    }),
  );
  expect(() => launcherOf({}, 'kubernetes')).toThrow(expect.objectContaining({ code: 'invalid-config' }));
});
