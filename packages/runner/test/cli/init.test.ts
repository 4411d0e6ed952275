import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readConfig, resolveComparison } from '@overparam/config';
import { expect, test } from 'vitest';
import { main } from '../../src/main';
import { catchStreams } from '../support/streams';
import { temporaryFolder } from '../support/tiny';

const path = temporaryFolder();
const { said } = catchStreams();

const rowsOf = async (file: string) => {
  const request = { overrides: [{ path: ['engine'], value: 'wasm' }] };
  return (await resolveComparison(await readConfig(file), request)).rows;
};

test('where nobody can be asked, the usual is written, and is a whole config', async () => {
  const file = path('usual.yaml');
  expect(await main(['init', file]), said()).toBe(0);
  const rows = await rowsOf(file);
  expect(rows.map(({ method }) => method.name)).toEqual(['plain', 'repvgg', 'trirep']);
  expect(rows[0]).toMatchObject({ dataset: { name: 'cifar100-sample' }, epochs: 10, batch: 50 });
});

test.each([
  ['cifar100', 'cifar100', 'resnet'],
  ['nyuv2-sample', 'nyuv2-sample', 'segnet'],
  ['my "flowers": 1', 'image-folder', 'resnet'],
])('data "%s" are trained with what is usual for them', async (data, dataset, backbone) => {
  const file = path(`${dataset}.yaml`);
  expect(await main(['init', file, '--data', data, '--methods', 'plain, fnl', '--epochs', '3']), said()).toBe(
    0,
  );
  const rows = await rowsOf(file);
  expect(rows.map(({ method }) => method.name)).toEqual(['plain', 'fnl']);
  expect(rows[0]).toMatchObject({ dataset: { name: dataset }, backbone: { name: backbone }, epochs: 3 });
  if (dataset === 'image-folder') expect(rows[0]!.dataset.folder).toBe(data);
});

test.each([
  [['--methods', 'trirpe'], 'There is no method "trirpe". Did you mean "trirep"?'],
  [['--methods', 'plain,plain'], 'Expected one method or more, each once'],
  [['--backbone', 'resnett'], 'There is no backbone "resnett". Did you mean "resnet"?'],
  [['--epochs', 'many'], 'Expected epochs of 1 or more; got NaN.'],
])('%j is a mistake, and nothing is written', async (options, message) => {
  const file = path('wrong.yaml');
  expect(await main(['init', file, ...options])).toBe(2);
  expect(said()).toContain(message);
  expect(existsSync(file)).toBe(false);
});

test('a file that is there stays as it is', async () => {
  const file = path('mine.yaml');
  writeFileSync(file, 'mine');
  expect(await main(['init', file])).toBe(2);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});
