import { foldKey, keyFromSeed } from '@overparam/engine';
import type { Dataset, DatasetContext, DatasetTask, OpenDataset } from '../contracts';
import { parseOptions } from '../options';
import { testPart } from './part';
import { type DefineTest, ensure, patient } from './runner';

/** What {@link testDataset} is told. */
export interface DatasetKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  readonly context: DatasetContext;
  readonly options?: unknown;
}

/**
 * The conformance kit of the contract `Dataset`: splits and examples, inputs and labels of the declared
 * shapes, augmentation as a pure function of its key, verification, and whether it knows that it is there.
 */
export function testDataset(dataset: Dataset, kit: DatasetKit): void {
  const test = patient(kit.test);
  const { context } = kit;
  const options = () => parseOptions(dataset.options, kit.options, dataset.name);
  const opened = async (use: (data: OpenDataset) => Promise<void>) => {
    const data = await dataset.open(options(), context);
    try {
      await use(data);
    } finally {
      await data.close();
    }
  };
  testPart(test, 'dataset', dataset);
  test(`${dataset.name}: verifies`, async () => {
    for (const { what, ok, detail } of await dataset.verify(options(), context))
      ensure(ok, `${what}: ${detail}`);
  });
  test(`${dataset.name}: says whether it is there, as opening it shows, and without reading`, async () => {
    if (dataset.present === undefined) return;
    const elsewhere = { ...context, dataDir: `${context.dataDir}/no-such-folder` };
    await checkPresence(dataset, options(), context);
    await checkPresence(dataset, options(), elsewhere);
  });
  test(`${dataset.name}: has splits, tasks and a provenance`, () =>
    opened(async ({ splits, tasks, provenance }) => {
      ensure(
        (splits.train?.size ?? 0) > 0 && (splits.test?.size ?? 0) > 0,
        'train or test is missing or empty',
      );
      ensure(tasks.length > 0 && provenance.length > 0, 'tasks or provenance are missing');
      for (const { name, outputs, classes } of tasks) {
        ensure(
          classes === undefined || classes.length === outputs,
          `task "${name}" names ${classes?.length} classes and has ${outputs} outputs`,
        );
      }
    }));
  test(`${dataset.name}: writes finite inputs and labels in range, and no further`, () =>
    opened(checkWriting));
  test(`${dataset.name}: augments as a pure function of example and key`, () => opened(checkAugmentation));
  test(`${dataset.name}: what is prepared ahead is what is read and augmented one by one`, () =>
    opened(checkPreparing));
}

async function checkPresence(dataset: Dataset, options: unknown, context: DatasetContext): Promise<void> {
  const progress = () => ensure(false, 'whether it is there is told after reading it, with progress');
  const { what, ok, detail } = await dataset.present!(options, { ...context, progress });
  ensure(what !== '' && detail !== '', 'what was looked for, or what was found, is not said');
  const problem = await dataset.open(options, context).then(
    async (data) => {
      await data.close();
      return null;
    },
    (error: Error) => error,
  );
  ensure(
    ok === (problem === null),
    `in ${context.dataDir} it says that it is ${ok ? '' : 'not '}there, and opening it ${problem ? `fails: ${problem.message}` : 'succeeds'}`,
  );
}

function inputOf(data: OpenDataset, example: unknown): Float32Array {
  const size = data.inputShape.reduce((a, b) => a * b, 1);
  const target = new Float32Array(size + 2).fill(Number.NaN);
  data.input(example, target, 1);
  ensure(Number.isNaN(target[0]!) && Number.isNaN(target[size + 1]!), 'input writes outside of its place');
  return target.slice(1, size + 1);
}

function labelOf(data: OpenDataset, example: unknown, task: DatasetTask): ArrayLike<number> {
  const size = task.label.shape.reduce((a, b) => a * b, 1);
  // Numbers that no label is, so that one that was not written shows.
  const empty = task.label.dtype === 'int32' ? -9 : Number.NaN;
  const target =
    task.label.dtype === 'int32'
      ? new Int32Array(size + 2).fill(empty)
      : new Float32Array(size + 2).fill(empty);
  data.label(example, task.name, target, 1);
  ensure(
    Object.is(target[0], empty) && Object.is(target[size + 1], empty),
    'label writes outside of its place',
  );
  return target.slice(1, size + 1);
}

async function checkWriting(data: OpenDataset): Promise<void> {
  for (const split of Object.values(data.splits)) {
    for (const index of [0, split.size >> 1, split.size - 1]) {
      const example = await split.example(index);
      ensure(inputOf(data, example).every(Number.isFinite), `input ${index} is not finite`);
      for (const task of data.tasks) {
        const labels = Array.from(labelOf(data, example, task));
        const isClass = task.label.dtype === 'int32';
        const inRange = (label: number) =>
          Number.isFinite(label) && (!isClass || (label >= -1 && label < task.outputs));
        ensure(
          labels.every(inRange),
          `a label of task "${task.name}" is out of range at example ${index}${isClass ? `: labels of int32 are class indices, -1 to ${task.outputs - 1}` : ''}`,
        );
      }
    }
  }
}

async function checkAugmentation(data: OpenDataset): Promise<void> {
  const key = keyFromSeed(7);
  const written = (example: unknown) =>
    [inputOf(data, example), ...data.tasks.map((task) => Array.from(labelOf(data, example, task)))].join(';');
  const seen = new Set<string>();
  let untouched = '';
  for (let index = 0; index < 16; index++) {
    const example = await data.splits.train!.example(0);
    untouched = written(example);
    const first = written(data.augment(example, foldKey(key, index)));
    const second = written(data.augment(example, foldKey(key, index)));
    ensure(first === second, 'two augmentations with one key differ');
    ensure(written(example) === untouched, 'augmentation changes the example itself');
    seen.add(first);
  }
  ensure(
    seen.size > 1 || seen.has(untouched),
    'augmentation changes an example, and by every key in the same way',
  );
}

/** A dataset that prepares nothing ahead has nothing to show here. */
async function checkPreparing(data: OpenDataset): Promise<void> {
  const { size } = data.splits.train!;
  const wanted = Array.from({ length: 6 }, (_, i) => ({
    index: (i * 5) % size,
    key: i % 3 === 2 ? null : foldKey(keyFromSeed(8), i),
  }));
  const prepared = await data.prepare?.('train', wanted);
  if (prepared === undefined) return;
  ensure(prepared.length === wanted.length, 'another number of examples was prepared than asked for');
  for (const [i, { index, key }] of wanted.entries()) {
    const example = await data.splits.train!.example(index);
    const expected = key === null ? example : data.augment(example, key);
    const same =
      inputOf(data, prepared[i]).join() === inputOf(data, expected).join() &&
      data.tasks.every(
        (task) =>
          Array.from(labelOf(data, prepared[i], task)).join() ===
          Array.from(labelOf(data, expected, task)).join(),
      );
    ensure(same, `example ${index} as prepared differs from reading and augmenting it`);
  }
}
