import { foldKey, keyFromSeed } from '@overparam/engine';
import { type Dataset, parseOptions } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import { describe, expect, test } from 'vitest';
import { arrays, imageFolder, imageTable, type OwnExample } from '../src/index';
import { npy, png, temporary } from './pictures';

const { folder, write } = temporary();
const context = { dataDir: folder };

const open = (dataset: Dataset<never, OwnExample>, options: object) =>
  (dataset as unknown as Dataset<unknown, OwnExample>).open(
    parseOptions(dataset.options, options, dataset.name),
    context,
  );

/** A picture whose every pixel is one grey. */
const flat = (value: number, height = 6, width = 8) => png(height, width, () => [value, value, value]);

for (const [kind, base] of [
  ['cat', 40],
  ['dog', 200],
] as const) {
  for (let at = 0; at < 5; at++) write(`pets/${kind}/${at}.png`, flat(base + at));
}
write('pets/dog/notes.txt', 'no picture');
write('pets/.hidden/0.png', flat(0));
for (const split of ['train', 'test']) {
  write(`split/${split}/b/1.png`, flat(10));
  write(`split/${split}/a/1.png`, flat(20));
}
write(
  'table.csv',
  'image;kind;age\npets/cat/0.png;cat;3\npets/cat/1.png;;4\npets/dog/0.png;dog;5.5\npets/dog/1.png;dog;6\npets/dog/2.png;cat;7\n',
);
write(
  'arrays/images.npy',
  npy(
    '|u1',
    [6, 2, 3],
    Uint8Array.from({ length: 36 }, (_, at) => at),
  ),
);
write('arrays/kind.npy', npy('<i8', [6], BigInt64Array.from([0n, 1n, 2n, 0n, 1n, -1n])));
write('arrays/age.npy', npy('<f4', [6], Float32Array.from([0.5, 1, 2, 3, 4, 5])));
write(
  'arrays/parts.npy',
  npy(
    '|i1',
    [6, 2, 3],
    Int8Array.from({ length: 36 }, (_, at) => (at % 3) - 1),
  ),
);
write(
  'arrays/way.npy',
  npy(
    '<f4',
    [6, 2, 3, 3],
    Float32Array.from({ length: 108 }, (_, at) => (at % 3 === 0 ? 1 : 0)),
  ),
);

const small = { size: [4, 4], augmentation: { padding: 1 } };
describe.each([
  ['image-folder', imageFolder, { folder: 'pets', ...small }],
  ['image-table', imageTable, { table: 'table.csv', ...small }],
  ['arrays', arrays, { folder: 'arrays', kinds: { way: 'normals' }, augmentation: { padding: 1 } }],
] as const)('%s', (_, dataset, options) => {
  testDataset(dataset as unknown as Dataset, { test, context, options });
});

test('classes are subfolders in the order of their names; of each, a share is for testing', async () => {
  const data = await open(imageFolder as never, { folder: 'pets', size: [4, 4], testShare: 0.4 });
  expect(data.tasks[0]).toMatchObject({ name: 'class', classes: ['cat', 'dog'], outputs: 2 });
  const seen = async (split: 'train' | 'test') =>
    Promise.all(
      Array.from({ length: data.splits[split]!.size }, async (_, at) => {
        const { image, labels } = await data.splits[split]!.example(at);
        expect(labels.class![0]).toBe(image[0]! < 100 ? 0 : 1);
        return image[0]!;
      }),
    );
  const [train, test] = [await seen('train'), await seen('test')];
  expect([...train, ...test].sort((a, b) => a - b)).toEqual([40, 41, 42, 43, 44, 200, 201, 202, 203, 204]);
  expect(test.filter((value) => value < 100)).toHaveLength(2);
  expect(test).toHaveLength(4);
  const again = await open(imageFolder as never, {
    folder: 'pets',
    size: [4, 4],
    testShare: 0.4,
    splitSeed: 1,
  });
  expect(again.provenance).toContain('40 % of each for testing (seed 1)');
});

test('mean and deviation come from the training images, by their definition', async () => {
  const data = await open(imageFolder as never, {
    folder: 'split',
    size: [4, 4],
    augmentation: { padding: 0 },
  });
  // Two flat images of 10 and 20: mean 15, deviation 5.
  expect(data.normalisation!.mean[0]).toBeCloseTo(15 / 255, 10);
  expect(data.normalisation!.std[2]).toBeCloseTo(5 / 255, 10);
  const target = new Float32Array(48);
  data.input(await data.splits.train!.example(0), target, 0);
  expect(data.tasks[0]!.classes).toEqual(['a', 'b']);
  expect(target[0]).toBeCloseTo(1, 5);
});

test('a table has a task for each column: words are classes with gaps, numbers are numbers', async () => {
  const data = await open(imageTable as never, { table: 'table.csv', size: [4, 4], testShare: 0.2 });
  expect(data.tasks.map(({ name, kind, outputs }) => [name, kind, outputs])).toEqual([
    ['kind', 'classification', 2],
    ['age', 'regression', 1],
  ]);
  const labels: number[][] = [];
  for (const split of ['train', 'test']) {
    for (let at = 0; at < data.splits[split]!.size; at++) {
      const example = await data.splits[split]!.example(at);
      const target = new Float32Array(2);
      data.label(example, 'kind', target, 0);
      data.label(example, 'age', target, 1);
      labels.push([...target]);
    }
  }
  expect(labels.sort((a, b) => a[1]! - b[1]!)).toEqual([
    [0, 3],
    [-1, 4],
    [1, 5.5],
    [1, 6],
    [0, 7],
  ]);
});

test('labels of pixels move with their image, and directions turn round in a mirror', async () => {
  const data = await open(arrays as never, {
    folder: 'arrays',
    kinds: { way: 'normals' },
    augmentation: { padding: 1 },
  });
  expect(data.tasks.map(({ name, kind }) => [name, kind])).toEqual([
    ['age', 'regression'],
    ['kind', 'classification'],
    ['parts', 'segmentation'],
    ['way', 'normals'],
  ]);
  const example = await data.splits.train!.example(0);
  let [mirrored, whole] = [0, 0];
  for (let seed = 0; seed < 200; seed++) {
    const moved = data.augment(example, foldKey(keyFromSeed(seed), 'move'));
    for (let at = 0; at < 6; at++) {
      // Where something of the image is, its own label is: pixels hold their place, counted on over images.
      const place = [...example.image].indexOf(moved.image[at]!);
      if (place < 0) continue;
      whole++;
      expect(moved.labels.parts![at]).toBe(example.labels.parts![place]);
      const way = moved.labels.way![3 * at]!;
      if (way === -1) mirrored++;
      expect(Math.abs(way)).toBe(1);
    }
  }
  expect(whole).toBeGreaterThan(100);
  expect(mirrored).toBeGreaterThan(whole / 5);
});

write('empty/readme', 'nothing');
write('one/cat/0.png', flat(1));
write('odd/train/a/0.png', flat(1));
write('odd/train/b/0.png', flat(1));
write('odd/test/c/0.png', flat(1));
write('gap.csv', 'image,age\npets/cat/0.png,\npets/cat/1.png,3\n');
write('word.csv', 'image,age,name\npets/cat/0.png,old,a\npets/cat/1.png,3,b\n');
write('lost.csv', 'image,kind\nnone.png,a\npets/cat/1.png,b\n');
write('ragged.csv', 'image,kind\na.png,b,c\n');
write('short/images.npy', npy('|u1', [2, 2, 2], new Uint8Array(8)));
write('short/kind.npy', npy('|u1', [3], new Uint8Array(3)));
write('nan/images.npy', npy('|u1', [2, 2, 2], new Uint8Array(8)));
write('nan/age.npy', npy('<f4', [2], Float32Array.from([1, Number.NaN])));
write('sizes/images.npy', npy('|u1', [2, 2, 2], new Uint8Array(8)));
write('sizes/parts.npy', npy('|u1', [2, 3, 2], new Uint8Array(12)));

test.each([
  [imageFolder, { folder: 'nowhere' }, 'There is no folder "nowhere" to read'],
  [imageFolder, { folder: 'empty' }, 'The folder "empty" has no pictures in subfolders'],
  [imageFolder, { folder: 'one' }, 'The folder "one" has pictures of one class, "cat"; there must be two'],
  [imageFolder, { folder: 'odd' }, '"odd/test" has a class "c" that "odd/train" does not have'],
  [imageFolder, { folder: 'pets', size: [0, 4] }, 'size'],
  [
    imageFolder,
    { folder: 'pets', normalise: { mean: [1, 2], std: 1 } },
    'normalise.mean: expected one number or 3',
  ],
  [
    imageFolder,
    { folder: 'pets', normalise: { mean: 0, std: 0 } },
    'normalise.std: expected one number above zero',
  ],
  [imageTable, { table: 'none.csv' }, 'There is no table "none.csv" to read'],
  [imageTable, { table: 'table.csv', image: 'imag' }, 'no column "imag". Did you mean "image"?'],
  [imageTable, { table: 'table.csv', tasks: { ages: 'number' } }, 'no column "ages". Did you mean "age"?'],
  [
    imageTable,
    { table: 'gap.csv' },
    'Row 2 of "gap.csv" has nothing in the column "age", where a number is expected',
  ],
  [
    imageTable,
    { table: 'word.csv', tasks: { age: 'number' } },
    'Row 2 of "word.csv" has "old" in the column "age"',
  ],
  [imageTable, { table: 'lost.csv' }, '1 of 2 pictures cannot be read: none.png'],
  [imageTable, { table: 'ragged.csv' }, 'The table "ragged.csv" cannot be read'],
  [arrays, { folder: 'pets' }, 'The folder "pets" has no arrays. Expected images.npy'],
  [arrays, { folder: 'short' }, 'kind.npy of "short" has 3 examples and images.npy has 2'],
  [arrays, { folder: 'nan' }, 'age.npy: it holds NaN'],
  [arrays, { folder: 'sizes' }, 'parts.npy: its pixels are 3x2, and those of the images 2x2'],
  [arrays, { folder: 'arrays', kinds: { kinds: 'depth' } }, 'has no array kinds.npy'],
  [
    arrays,
    { folder: 'arrays', classes: { kind: ['a', 'b'] } },
    'kind.npy: it holds class 2, and 2 classes are named',
  ],
] as const)('%# is refused in words', async (dataset, options, message) => {
  const opening = Promise.resolve().then(() => open(dataset as never, options));
  await expect(opening).rejects.toThrow(message);
});

test('a number that is missing stands where it is said what stands for it', async () => {
  const data = await open(imageTable as never, { table: 'gap.csv', gap: -1, size: [4, 4] });
  const ages: number[] = [];
  for (const split of Object.values(data.splits)) {
    for (let at = 0; at < split.size; at++) ages.push((await split.example(at)).labels.age![0]!);
  }
  expect(ages.sort()).toEqual([-1, 3]);
});

test('training examples that are held out are the split val, and no part of the mean', async () => {
  const options = { folder: 'pets', size: [4, 4], testShare: 0.2, holdOut: 3 };
  const data = await open(imageFolder as never, options);
  expect(Object.entries(data.splits).map(([name, { size }]) => [name, size])).toEqual([
    ['train', 5],
    ['val', 3],
    ['test', 2],
  ]);
  const values = await Promise.all(
    Array.from({ length: 5 }, async (_, at) => (await data.splits.train!.example(at)).image[0]!),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / 5;
  expect(data.normalisation!.mean[0]).toBeCloseTo(mean / 255, 10);
  expect(data.provenance).toContain('5 train, 3 val, 2 test');
});
