import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochRecord } from '@overparam/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginEvents, scalarsOf } from '../src';
import { readEvents } from './support/read-events';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'overparam-events-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function epochRecord(epoch: number): EpochRecord {
  const scores = (loss: number) => ({
    loss,
    byTask: { class: { loss, figures: { top1Error: 90 - epoch } } },
  });
  return {
    epoch,
    update: 10 * epoch,
    stage: 'expanded',
    phases: { joint: 10 },
    learningRate: 0.1,
    train: { loss: 2, byTask: { class: { loss: 2, figures: {}, weight: 0.5 } }, cosines: { 'a/b': 0.25 } },
    test: scores(3),
  };
}

async function stepsIn(folder: string): Promise<number[]> {
  const [file, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  const events = readEvents(await readFile(join(folder, file!)));
  return events.filter(({ tags }) => tags.length > 0).map(({ step }) => step);
}

test('a run has every epoch once, whenever its process died', async () => {
  const folder = join(root, 'resumed');
  const timing = (epoch: number) => ({ epoch, trainSeconds: 5, testSeconds: 1 });
  const now = () => 1_700_000_000;
  const first = await beginEvents(folder, [], [], { now });
  for (const epoch of [1, 2, 3]) await first.add(epochRecord(epoch), timing(epoch));
  expect(await stepsIn(folder)).toEqual([1, 2, 3]);
  // The third epoch is lost with its checkpoint, and the process died in the middle of a record.
  const [name] = await readdir(folder);
  await appendFile(join(folder, name!), Buffer.from([9, 0, 0, 0, 0]));
  const second = await beginEvents(folder, [1, 2].map(epochRecord), [1, 2].map(timing), { now });
  expect(await stepsIn(folder)).toEqual([1, 2]);
  for (const epoch of [3, 4]) await second.add(epochRecord(epoch), timing(epoch));
  expect(await stepsIn(folder)).toEqual([1, 2, 3, 4]);
  // A reader that has the folder open goes on to names that sort behind.
  expect((await readdir(folder))[0]! > name!).toBe(true);
});

test('what others put into the folder stays', async () => {
  const folder = join(root, 'others');
  await beginEvents(folder, [], []);
  const other = 'events.out.tfevents.1700000000.host.1.0';
  await appendFile(join(folder, other), 'x');
  await beginEvents(folder, [], []);
  expect(await readdir(folder)).toContain(other);
  expect(await readdir(folder)).toHaveLength(2);
});

test('scalars are by split and task; what was not counted is left out, and a lost loss is NaN', () => {
  const record = epochRecord(1);
  const lost = { ...record.test, loss: null as unknown as number };
  const counted = { class: { loss: 3, figures: { top1Error: null } } };
  const scalars = scalarsOf({ ...record, test: { ...lost, byTask: counted } }, null);
  expect(scalars).toEqual([
    { tag: 'test/loss', value: Number.NaN },
    { tag: 'test/class/loss', value: 3 },
    { tag: 'train/loss', value: 2 },
    { tag: 'train/class/loss', value: 2 },
    { tag: 'train/class/weight', value: 0.5 },
    { tag: 'train/cosine/a-b', value: 0.25 },
    { tag: 'train/learningRate', value: 0.1 },
  ]);
});
