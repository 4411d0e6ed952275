import { foldKey, keyFromSeed } from '@overparam/engine';
import { parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { type NyuExample, nyuv2, nyuv2Sample } from '../src/index';
import { code, dataFolder, layout, small } from './support';

const context = { dataDir: 'not used' };
const wanted = Array.from({ length: 20 }, (_, i) => ({
  index: (i * 7) % 24,
  key: i % 3 === 0 ? null : foldKey(keyFromSeed(4), i),
}));

test('threads give the same scenes in the same order, whatever their number', async () => {
  const alone = await nyuv2Sample.open(parseOptions(nyuv2Sample.options, { threads: 0 }), context);
  expect(alone.prepare).toBeUndefined();
  const expected = wanted.map(({ index, key }) => {
    const example = alone.splits.train!.example(index) as NyuExample;
    return key === null ? example : alone.augment(example, key);
  });
  for (const threads of [1, 3]) {
    const data = await nyuv2Sample.open(parseOptions(nyuv2Sample.options, { threads }), context);
    expect(await data.prepare!('train', wanted)).toEqual(expected);
    // Batches that overlap in time do not mix.
    const [first, second] = await Promise.all([
      data.prepare!('train', wanted.slice(0, 5)),
      data.prepare!('train', wanted.slice(5, 9)),
    ]);
    expect([...first, ...second]).toEqual(expected.slice(0, 9));
    await data.close();
  }
});

test('threads read a cache file as well', async () => {
  const dataDir = await dataFolder(layout());
  const data = await nyuv2.open(parseOptions(nyuv2.options, { ...small, threads: 2, holdOut: 1 }), {
    dataDir,
  });
  const [test1, test0] = await data.prepare!('test', [
    { index: 1, key: null },
    { index: 0, key: null },
  ]);
  expect(test1).toEqual(await data.splits.test!.example(1));
  expect(test0).toEqual(await data.splits.test!.example(0));
  expect((await data.prepare!('val', [{ index: 0, key: null }]))[0]).toEqual(
    await data.splits.val!.example(0),
  );
  await data.close();
});

test('wrong splits and indices are refused; so is reading on after closing', async () => {
  const data = await nyuv2Sample.open(parseOptions(nyuv2Sample.options, {}), context);
  await expect(data.prepare!('val', [])).rejects.toThrow(code('unknown-split'));
  await expect(data.prepare!('test', [{ index: 12, key: null }])).rejects.toThrow(code('index-out-of-range'));
  const underway = data.prepare!('train', wanted);
  const refused = expect(underway).rejects.toThrow(code('dataset-closed'));
  await data.close();
  await refused;
  await expect(data.prepare!('train', wanted)).rejects.toThrow(code('dataset-closed'));
});

test('a record that cannot be read is an error of that scene', async () => {
  const dataDir = await dataFolder(layout());
  const options = parseOptions(nyuv2.options, { ...small, threads: 1 });
  const data = await nyuv2.open(options, { dataDir });
  const { readdir, truncate } = await import('node:fs/promises');
  const folder = `${dataDir}/nyuv2/cache`;
  const train = (await readdir(folder)).find((name) => name.startsWith('train'))!;
  await truncate(`${folder}/${train}`, 5500);
  await expect(data.prepare!('train', [{ index: 2, key: null }])).rejects.toThrow(/ends inside of record 2/);
  expect(await data.prepare!('test', [{ index: 0, key: null }])).toHaveLength(1);
  await data.close();
});
