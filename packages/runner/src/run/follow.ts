import { basename, resolve } from 'node:path';
import type { RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { isRunFolder } from '@overparam/run-folder';
import { readLayerRecords, readRunResult } from '@overparam/saved-runs';
import type { Following } from '@overparam/training';

/**
 * What a run takes over from another one; null where its config names none.
 *
 * @param from  folder that the path in the config starts from
 * @throws OverparamError `run-missing` where there is no such run or where it is not finished, `no-records` where it
 *   recorded nothing of its layers
 */
export async function followingOf({ follows }: RunConfig, from: string): Promise<Following | null> {
  if (follows === null) return null;
  const folder = resolve(from, follows.run);
  const name = basename(folder);
  const needs = `This run follows the ${follows.what === 'norms' ? 'norms' : 'gains'} of the run "${name}"`;
  if (!isRunFolder(folder)) {
    throw new OverparamError(
      'run-missing',
      `${needs}, which is not there. Train that one first, or give another folder in follows.run.`,
    );
  }
  if ((await readRunResult(folder)) === null) {
    throw new OverparamError(
      'run-missing',
      `${needs}, which is not finished. Go on with that one first (overparam train --resume), then with this.`,
    );
  }
  const records = await readLayerRecords(folder);
  if (records.some((record) => (follows.what === 'norms' ? record.norms : record.gains))) {
    return { what: follows.what, records };
  }
  const key = follows.what === 'norms' ? 'norms: 1' : 'gains: 10';
  throw new OverparamError(
    'no-records',
    `${needs}, which has recorded none. Train that one again with layerRecords: { ${key} }.`,
  );
}
