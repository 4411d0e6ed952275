import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import type { EpochRecord, EpochTiming } from '@overparam/training';
import { encodeEvent, type TensorBoardEvent } from './event';
import { encodeRecord } from './record';
import { scalarsOf } from './scalars';

/** An event file that goes on. */
export interface EventLog {
  /** Adds an epoch. */
  add(epoch: EpochRecord, timing: EpochTiming | null): Promise<void>;
}

/** What {@link beginEvents} takes from outside. */
export interface EventLogOptions {
  /** Seconds since 1970. */
  readonly now?: () => number;
}

const ours = /^events\.out\.tfevents\.\d+\.overparam$/;

function record(event: TensorBoardEvent): Uint8Array {
  return encodeRecord(encodeEvent(event));
}

/**
 * Begins a run's event file. What an earlier process wrote is written anew from the run's own records, in place of its file:
 * a run that was interrupted anywhere, and resumed, has every epoch once. Clock times of epochs before are as if they had
 * been trained without a break until now.
 *
 * @param folder   is made where it is missing; TensorBoard takes its name, or that of the folder that holds it, for the run's
 * @param epochs   those that are trained already, in their order
 * @param timings  of the same, by epoch; those that are missing count as no time
 */
export async function beginEvents(
  folder: string,
  epochs: readonly EpochRecord[],
  timings: readonly EpochTiming[],
  { now = () => Date.now() / 1000 }: EventLogOptions = {},
): Promise<EventLog> {
  await mkdir(folder, { recursive: true });
  const before = (await readdir(folder)).filter((name) => ours.test(name)).sort();
  const begun = now();
  const timingOf = ({ epoch }: EpochRecord) => timings.find((timing) => timing.epoch === epoch) ?? null;
  const lengthOf = (epoch: EpochRecord) => {
    const timing = timingOf(epoch);
    return timing ? timing.trainSeconds + timing.testSeconds : 0;
  };
  let wallTime = begun - epochs.reduce((sum, epoch) => sum + lengthOf(epoch), 0);
  const events: TensorBoardEvent[] = [
    { wallTime, step: 0, what: 'version' },
    { wallTime, step: 0, what: 'start' },
  ];
  for (const epoch of epochs) {
    wallTime += lengthOf(epoch);
    events.push({ wallTime, step: epoch.epoch, what: scalarsOf(epoch, timingOf(epoch)) });
  }
  // A name that sorts behind those before: TensorBoard, which may be open, goes on to it.
  const last = Number(/\.(\d+)\.overparam$/.exec(before.at(-1) ?? '')?.[1] ?? 0);
  const stamp = Math.max(Math.floor(begun), last + 1);
  const file = join(folder, `events.out.tfevents.${String(stamp).padStart(10, '0')}.overparam`);
  await writeFileAtomic(file, Buffer.concat(events.map(record)));
  for (const name of before) await rm(join(folder, name), { force: true });
  return {
    async add(epoch, timing) {
      await appendFile(file, record({ wallTime: now(), step: epoch.epoch, what: scalarsOf(epoch, timing) }));
    },
  };
}
