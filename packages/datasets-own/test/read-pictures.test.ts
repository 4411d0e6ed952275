import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { PictureOptions } from '../src/options';
import { readPictures } from '../src/read-pictures';
import { png, temporary } from './pictures';

const { write } = temporary();

const read = async (path: string, options: Partial<PictureOptions> = {}) => {
  const [picture] = await readPictures(
    [path],
    ['it'],
    { size: [2, 2], fit: 'cover', colour: 'rgb', ...options },
    {},
  );
  return [...picture!];
};

const red = [200, 10, 20];
const blue = [0, 30, 220];
const times = (count: number, pixel: readonly number[]) => Array(count).fill(pixel).flat() as number[];

test('a picture of the wanted size is read as it is', async () => {
  const path = write(
    'exact.png',
    png(2, 2, (y, x) => [y * 100, x * 100, 7]),
  );
  expect(await read(path)).toEqual([0, 0, 7, 0, 100, 7, 100, 0, 7, 100, 100, 7]);
});

test('of a wide picture the middle is taken, or all of it on grey, or all of it narrower', async () => {
  // A red square between two blue ones.
  const path = write(
    'wide.png',
    png(4, 12, (_, x) => (x >= 4 && x < 8 ? red : blue)),
  );
  expect(await read(path, { size: [4, 4] })).toEqual(times(16, red));
  const contained = await read(path, { size: [12, 12], fit: 'contain' });
  expect(contained.slice(0, 36 * 4)).toEqual(times(48, [128, 128, 128]));
  expect(contained.slice(36 * 4, 36 * 4 + 36)).toEqual([
    ...times(4, blue),
    ...times(4, red),
    ...times(4, blue),
  ]);
  const stretched = await read(path, { size: [1, 3], fit: 'stretch' });
  // Means over what each pixel covers, up to the filter's overlap with its neighbours.
  for (const [at, wanted] of [...blue, ...red, ...blue].entries()) {
    expect(Math.abs(stretched[at]! - wanted)).toBeLessThan(40);
  }
});

test('pictures of one channel, with transparency and of 16 bits become three channels', async () => {
  expect(
    await read(
      write(
        'grey.png',
        png(2, 2, () => [90]),
      ),
    ),
  ).toEqual(times(4, [90, 90, 90]));
  // Half transparent on grey: (200 + 128) / 2 and so on.
  const half = await read(
    write(
      'half.png',
      png(2, 2, () => [...red, 128]),
    ),
  );
  for (const [at, value] of times(4, [164, 69, 74]).entries())
    expect(Math.abs(half[at]! - value)).toBeLessThan(2);
  const deep = await sharp(Buffer.from(png(2, 2, () => red)))
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect(await read(write('deep.png', deep))).toEqual(times(4, red));
});

test('grey is one channel, by the weights of brightness', async () => {
  const [value] = await read(
    write(
      'red.png',
      png(2, 2, () => [255, 0, 0]),
    ),
    { colour: 'grey' },
  );
  // Rec. 709's share of red, in linear light and back: 0.2126 -> 127; as libvips computes it.
  expect(value).toBeGreaterThan(50);
  expect(value).toBeLessThan(130);
  expect(
    await read(
      write(
        'even.png',
        png(2, 2, () => [77, 77, 77]),
      ),
      { colour: 'grey' },
    ),
  ).toEqual([77, 77, 77, 77]);
});

test('a picture is turned as its camera says', async () => {
  const upright = Buffer.from(png(2, 2, (y) => (y === 0 ? red : blue)));
  // 6: the first row of what is stored is the right side of what is seen.
  const turned = await sharp(upright).withMetadata({ orientation: 6 }).png().toBuffer();
  expect(await read(write('turned.png', turned))).toEqual([...blue, ...red, ...blue, ...red]);
});

test('all that is damaged is named at once, and the rest counted', async () => {
  const paths = Array.from({ length: 8 }, (_, index) =>
    write(`bad${index}.png`, index === 0 ? png(2, 2, () => red) : Buffer.from('no picture')),
  );
  const names = paths.map((_, index) => `bad${index}.png`);
  const reading = readPictures(paths, names, { size: [2, 2], fit: 'cover', colour: 'rgb' }, {});
  await expect(reading).rejects.toThrow(
    /^7 of 8 pictures cannot be read: bad1\.png \(.*\); .*bad5\.png \(.*\); and 2 more\. Mend them or take them away\.$/,
  );
});

test('a truncated picture is damaged', async () => {
  const whole = png(40, 40, (y, x) => [y * 6, x * 6, (y * x) % 251]);
  await expect(read(write('short.png', whole.subarray(0, whole.length / 2)))).rejects.toThrow(
    '1 of 1 pictures',
  );
});

test('more than memory is kept for is refused before anything is read', async () => {
  const names = Array<string>(10_000).fill('missing.png');
  const reading = readPictures(names, names, { size: [1024, 1024], fit: 'cover', colour: 'rgb' }, {});
  await expect(reading).rejects.toThrow('10000 pictures of 1024x1024 would take 29.3 GB');
});

test('it stops where it is told to, and tells how far it is', async () => {
  const path = write(
    'ok.png',
    png(2, 2, () => red),
  );
  const told: number[] = [];
  const options = { size: [2, 2], fit: 'cover', colour: 'rgb' } as const;
  await readPictures([path, path], ['a', 'b'], options, { progress: (done) => told.push(done) });
  expect(told).toEqual([1, 2]);
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(readPictures([path], ['a'], options, { signal })).rejects.toThrow('stopped');
});
