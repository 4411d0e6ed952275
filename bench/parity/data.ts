import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** There are no data to train on. */
export class NoData extends Error {}

/**
 * The folder that holds complete CIFAR-100.
 *
 * @throws NoData
 */
export function dataFolder(): string {
  const folder =
    process.env.OVERPARAM_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  if (existsSync(join(folder, 'cifar100'))) return folder;
  throw new NoData(
    `There is no folder cifar100 in ${folder}. Get the data with: overparam data get cifar100 --data DIR, and name DIR in OVERPARAM_TEST_DATA.`,
  );
}
