import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { main } from '../../src/main';
import { temporaryFolder } from '../support/tiny';

const path = temporaryFolder();
let stdout: MockInstance<typeof process.stdout.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

/** A plugin's file with a dataset; the one called `second` can say whether it is there. */
function pluginFile(name: string): string {
  const file = path(`${name}.ts`);
  writeFileSync(
    file,
    `import { definePlugin } from '@overparam/plugin';
import { z } from 'zod';

const dataset = {
  apiVersion: 1 as const,
  name: '${name}',
  summary: 'Test data',
  options: z.strictObject({ broken: z.boolean().default(false) }),
  open: () => Promise.reject(new Error('is not opened here')),
  ${name === 'second' ? "present: async () => ({ what: 'files', ok: true, detail: 'in a drawer' })," : ''}
  async verify({ broken }: { broken: boolean }) {
    return [
      { what: 'files', ok: true, detail: 'all there' },
      { what: 'scenes', ok: !broken, detail: 'read, every one' },
    ];
  },
};

export const plugin = definePlugin({ name: '${name}', apiVersion: 1, datasets: [dataset] });
`,
  );
  return file;
}

/** Runs a command line with both plugins, and reads the one object that it prints. */
async function printed(code: number, ...rawArguments: string[]): Promise<Record<string, unknown>> {
  stdout.mockClear();
  const plugins = ['first', 'second'].flatMap((name) => ['--plugin', pluginFile(name)]);
  expect(await main([...rawArguments, ...plugins, '--json'])).toBe(code);
  expect(stdout).toHaveBeenCalledOnce();
  return JSON.parse(String(stdout.mock.calls[0]![0])) as Record<string, unknown>;
}

test.each(['first', 'second'])('data reaches the dataset of plugin "%s"', async (name) => {
  const { datasets } = await printed(0, 'data', 'list');
  expect(datasets).toContainEqual({ name, summary: 'Test data', downloads: false });
  expect(await printed(0, 'data', 'verify', name)).toMatchObject({ dataset: name, ok: true });
});

test('a dataset that is not whole is an error, and all checks of it are printed', async () => {
  expect(await printed(2, 'data', 'verify', 'first', '--set', 'broken=true')).toEqual({
    dataset: 'first',
    ok: false,
    checks: [
      { what: 'files', ok: true, detail: 'all there' },
      { what: 'scenes', ok: false, detail: 'read, every one' },
    ],
    error: { code: 'dataset-invalid', message: 'Dataset "first": scenes: read, every one' },
  });
});

test('list shows what every plugin adds', async () => {
  const { datasets } = await printed(0, 'list', 'datasets');
  const names = (datasets as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['nyuv2', 'first', 'second']));
});

test('doctor asks datasets whether they are there, and reads none', async () => {
  const { datasets } = await printed(0, 'doctor', '--data-dir', path('empty'));
  const found = (datasets as { name: string; ok: boolean | null; detail: string }[]).filter(({ name }) =>
    ['first', 'second', 'cifar100', 'cifar100-sample', 'nyuv2', 'nyuv2-sample'].includes(name),
  );
  const byName = Object.fromEntries(found.map(({ name, ok, detail }) => [name, { ok, detail }]));
  expect(byName.second).toEqual({
    ok: true,
    detail: 'in a drawer; not read, all of it is checked by: overparam data verify second',
  });
  expect(byName.first!.ok).toBeNull();
  expect(byName.first!.detail).toMatch(/^does not say; .*data verify first$/);
  expect([byName['cifar100-sample']!.ok, byName['nyuv2-sample']!.ok]).toEqual([true, true]);
  expect([byName.cifar100!.ok, byName.nyuv2!.ok]).toEqual([false, false]);
  expect(byName.nyuv2!.detail).toMatch(/no data found in .*empty.*overparam data get nyuv2/);
});
