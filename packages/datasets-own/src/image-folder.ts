import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { Dataset, DatasetContext } from '@overparam/plugin';
import * as z from 'zod';
import type { OwnExample } from './example';
import { chooseTest, openExamples } from './open-examples';
import { type CommonOptions, commonShape, type PictureOptions, pictureShape, place } from './options';
import { pictureNames, readPictures } from './read-pictures';

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends PictureOptions, CommonOptions {
  readonly folder: string;
}

const schema = z.strictObject({ folder: place('The folder'), ...pictureShape, ...commonShape });

/** A picture that was found: its path, what it is called in messages, and its class. */
interface Found {
  readonly file: string;
  readonly name: string;
  readonly label: string;
}

async function entriesOf(folder: string, called: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // By code units: the same on every machine.
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new OverparamError(
      'data-missing',
      `There is no folder "${called}" to read (looked for ${folder}). Name one below --data-dir, or by its whole path.`,
      { cause },
    );
  }
}

/** Pictures below a folder, a subfolder for each class; folders inside of them count to their class. */
async function picturesBelow(folder: string, called: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await entriesOf(folder, called)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const below = await readdir(join(folder, entry.name), { recursive: true });
    for (const path of below.filter((name) => pictureNames.test(name)).sort()) {
      const name = `${entry.name}/${path.replaceAll('\\', '/')}`;
      found.push({ file: join(folder, entry.name, path), name, label: entry.name });
    }
  }
  return found;
}

function requireClasses(found: readonly Found[], called: string): string[] {
  const classes = [...new Set(found.map(({ label }) => label))].sort();
  if (classes.length > 1) return classes;
  const what =
    classes.length === 0
      ? `The folder "${called}" has no pictures in subfolders`
      : `The folder "${called}" has pictures of one class, "${classes[0]}"`;
  throw new OverparamError(
    'data-missing',
    `${what}; there must be two classes or more. Expected ${called}/CLASS/*.png (or .jpg, .webp, .gif, .tif, .avif), or the same below ${called}/train and ${called}/test.`,
  );
}

async function find({ folder }: ImageFolderOptions, { dataDir }: DatasetContext) {
  const path = resolve(dataDir, folder);
  const called = basename(path);
  const names = (await entriesOf(path, called))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const isSplit = names.includes('train') && names.includes('test');
  const [train, test] = isSplit
    ? await Promise.all(
        ['train', 'test'].map((split) => picturesBelow(join(path, split), `${called}/${split}`)),
      )
    : [await picturesBelow(path, called), []];
  const classes = requireClasses(train!, isSplit ? `${called}/train` : called);
  const unknown = test!.find(({ label }) => !classes.includes(label));
  if (unknown) {
    throw new OverparamError(
      'data-format',
      `"${called}/test" has a class "${unknown.label}" that "${called}/train" does not have. Give both the same classes.`,
    );
  }
  if (isSplit && test!.length === 0) requireClasses(test!, `${called}/test`);
  return { called, isSplit, train: train!, test: test!, classes };
}

/**
 * A folder of pictures with a subfolder for each class, for classification: `FOLDER/CLASS/*.jpg`, or the same below
 * `FOLDER/train` and `FOLDER/test`. Classes are in the order of their names. Pictures may be of any size and colours.
 */
export const imageFolder: Dataset<ImageFolderOptions, OwnExample> = {
  apiVersion: 1,
  name: 'image-folder',
  summary: 'Your own pictures: a folder with a subfolder for each class.',
  options: schema,
  async open(options, context) {
    const { called, isSplit, train, test, classes } = await find(options, context);
    const all = [...train, ...test];
    const pictures = await readPictures(
      all.map(({ file }) => file),
      all.map(({ name }) => name),
      options,
      context,
    );
    const examples = all.map(({ label }, at) => ({
      image: pictures[at]!,
      labels: { class: [classes.indexOf(label)] },
    }));
    const groups = classes.map((name) =>
      train.flatMap(({ label }, index) => (label === name ? [index] : [])),
    );
    const chosen = isSplit
      ? { train: train.map((_, index) => index), test: test.map((_, index) => train.length + index) }
      : chooseTest(groups, options);
    if (chosen.test.length === 0) {
      throw new OverparamError(
        'data-missing',
        `The folder "${called}" has one picture of each class, which leaves none to test on. Add pictures.`,
      );
    }
    const [height, width] = options.size;
    const label = { shape: [], dtype: 'int32' } as const;
    return openExamples(
      {
        inputShape: [height, width, options.colour === 'grey' ? 1 : 3],
        tasks: [{ name: 'class', kind: 'classification', outputs: classes.length, classes, label }],
        missing: {},
        train: chosen.train.map((index) => examples[index]!),
        test: chosen.test.map((index) => examples[index]!),
        source: `pictures of ${classes.length} classes in the folder ${called}${isSplit ? '' : `, ${Math.round(100 * options.testShare)} % of each for testing (seed ${options.splitSeed})`}`,
      },
      options,
    );
  },
  async verify(options, context) {
    const { called, train, test, classes } = await find(options, context);
    const all = [...train, ...test];
    await readPictures(
      all.map(({ file }) => file),
      all.map(({ name }) => name),
      options,
      context,
    );
    return [
      { what: called, ok: true, detail: `${all.length} pictures of ${classes.length} classes, all read` },
    ];
  },
};
