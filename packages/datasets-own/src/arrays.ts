import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { Dataset, DatasetContext, DatasetTask } from '@overparam/plugin';
import * as z from 'zod';
import { type ExampleArray, numbersOf, readArray } from './array-file';
import { type ArrayKind, arrayKinds, taskOf } from './array-task';
import type { ImageShape, OwnExample } from './example';
import { chooseTest, openExamples } from './open-examples';
import { type CommonOptions, commonShape, place } from './options';

/** Options of {@link arrays}. */
export interface ArrayOptions extends CommonOptions {
  readonly folder: string;
  /** What arrays of labels are, by their names without `.npy`; by their form where nothing is said. */
  readonly kinds: Readonly<Record<string, ArrayKind>>;
  /** Names of classes, by array. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
}

const schema = z.strictObject({
  folder: place('The folder of images.npy and of an array of labels for each task'),
  kinds: z
    .record(z.string(), z.enum(arrayKinds))
    .default({})
    .describe('What arrays of labels are, by name; by their shapes and numbers where nothing is said.'),
  classes: z
    .record(z.string(), z.array(z.string()).min(2))
    .default({})
    .describe('Names of classes, by array.'),
  ...commonShape,
});

/** The arrays of one folder by name, without `.npy`. */
async function readFolder(folder: string, called: string): Promise<Map<string, ExampleArray>> {
  const names = (
    await readdir(folder).catch((cause: unknown) => {
      throw new OverparamError(
        'data-missing',
        `There is no folder "${called}" to read (looked for ${folder}). Name one below --data-dir, or by its whole path.`,
        { cause },
      );
    })
  ).filter((name) => name.endsWith('.npy'));
  if (!names.includes('images.npy') || names.length < 2) {
    throw new OverparamError(
      'data-missing',
      `The folder "${called}" has ${names.length === 0 ? 'no arrays' : names.sort().join(', ')}. Expected images.npy and an array of labels for each task, such as age.npy; or the same below ${called}/train and ${called}/test.`,
    );
  }
  const read = new Map<string, ExampleArray>();
  for (const name of names.sort())
    read.set(name.slice(0, -'.npy'.length), await readArray(join(folder, name)));
  const count = read.get('images')!.shape[0]!;
  for (const [name, { shape }] of read) {
    if (shape[0] === count) continue;
    throw new OverparamError(
      'data-format',
      `${name}.npy of "${called}" has ${shape[0]} examples and images.npy has ${count}. Give as many.`,
    );
  }
  return read;
}

function imageShape({ shape }: ExampleArray): ImageShape {
  const [, height, width, channels = 1] = shape;
  if (shape.length === 3 || shape.length === 4) return [height!, width!, channels];
  throw new OverparamError(
    'data-format',
    `images.npy has the shape [${shape}]; expected [n, h, w] or [n, h, w, channels].`,
  );
}

function examplesOf(read: ReadonlyMap<string, ExampleArray>, tasks: readonly DatasetTask[]): OwnExample[] {
  const images = read.get('images')!;
  return Array.from({ length: images.shape[0]! }, (_, index) => {
    const image = numbersOf(images, index);
    const labels = tasks.map(({ name }) => [name, numbersOf(read.get(name)!, index)]);
    return {
      image: image instanceof Uint8Array ? image : Float32Array.from(image),
      labels: Object.fromEntries(labels),
    };
  });
}

/** A missing label of a pixel: no class, no depth, no direction. */
const missingOf = ({ kind }: DatasetTask) => (kind === 'segmentation' ? -1 : 0);

async function read(options: ArrayOptions, { dataDir }: DatasetContext) {
  const path = resolve(dataDir, options.folder);
  const called = basename(path);
  const entries = await readdir(path).catch(() => [] as string[]);
  const isSplit = entries.includes('train') && entries.includes('test');
  const train = await readFolder(isSplit ? join(path, 'train') : path, isSplit ? `${called}/train` : called);
  const test = isSplit ? await readFolder(join(path, 'test'), `${called}/test`) : null;
  const inputShape = imageShape(train.get('images')!);
  const [height, width] = inputShape;
  for (const name of [...Object.keys(options.kinds), ...Object.keys(options.classes)]) {
    if (train.has(name) && name !== 'images') continue;
    throw new OverparamError(
      'unknown-task',
      `"${called}" has no array ${name}.npy, which kinds or classes name.`,
    );
  }
  const names = [...train.keys()].filter((name) => name !== 'images');
  const tasks = names.map((name) => {
    const given = { kind: options.kinds[name], classes: options.classes[name] };
    const task = taskOf(name, train.get(name)!, [height, width], given);
    const other = test?.get(name);
    if (test && !other) {
      throw new OverparamError(
        'data-missing',
        `"${called}/test" has no ${name}.npy, and "${called}/train" has.`,
      );
    }
    if (other) {
      const classes = task.classes ?? Array.from({ length: task.outputs }, (_, index) => String(index));
      // What is trained says how many classes there are; a class that only the test has is refused.
      const isClass = task.kind === 'classification' || task.kind === 'segmentation';
      const same = taskOf(name, other, [height, width], {
        kind: task.kind as ArrayKind,
        ...(isClass && { classes }),
      });
      if (String(same.label.shape) !== String(task.label.shape)) {
        throw new OverparamError(
          'data-format',
          `${name}.npy: examples for testing have the shape [${same.label.shape}] and for training [${task.label.shape}].`,
        );
      }
    }
    return task;
  });
  if (test && String(imageShape(test.get('images')!)) !== String(inputShape)) {
    throw new OverparamError(
      'data-format',
      `images.npy: those for testing are [${imageShape(test.get('images')!)}] and those for training [${inputShape}].`,
    );
  }
  return { called, inputShape, tasks, train, test };
}

/**
 * NumPy arrays: `images.npy` and an array of labels for each task, whose name is the file's; the same below `train` and
 * `test`, or split by a seed. Images of bytes are normalised as pictures, others are taken as they are.
 */
export const arrays: Dataset<ArrayOptions, OwnExample> = {
  apiVersion: 1,
  name: 'arrays',
  summary: 'Your own NumPy arrays: images.npy and one of labels for each task.',
  options: schema,
  async open(options, context) {
    const { called, inputShape, tasks, train, test } = await read(options, context);
    const all = examplesOf(train, tasks);
    const chosen = test ? null : chooseTest([all.map((_, index) => index)], options);
    const dense = tasks.filter(({ label }) => label.shape.length >= 2);
    return openExamples(
      {
        inputShape,
        tasks,
        missing: Object.fromEntries(dense.map((task) => [task.name, missingOf(task)])),
        train: chosen ? chosen.train.map((index) => all[index]!) : all,
        test: chosen ? chosen.test.map((index) => all[index]!) : examplesOf(test!, tasks),
        source: `arrays of the folder ${called}${chosen ? `, split by seed ${options.splitSeed}` : ''}`,
      },
      options,
    );
  },
  async verify(options, context) {
    const { called, tasks, train } = await read(options, context);
    const named = tasks.map(({ name, kind }) => `${name} (${kind})`).join(', ');
    return [{ what: called, ok: true, detail: `${train.get('images')!.shape[0]} images; tasks: ${named}` }];
  },
};
