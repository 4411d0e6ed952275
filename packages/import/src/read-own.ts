import { isOverparamError } from '@overparam/errors';
import type { StoredNetwork } from '@overparam/export';
import { readNetwork } from '@overparam/export/node';

/**
 * Reads a network's folder of this project: a collapsed or a plain one. The role is looked at before layers are built, as
 * those of an expanded network come with its method.
 *
 * @throws OverparamError `wrong-role` for an expanded one, with the folder of the collapsed one; as `readNetwork`
 */
export async function readOwnNetwork(folder: string): Promise<StoredNetwork> {
  try {
    return await readNetwork(folder, { expect: 'collapsed' });
  } catch (error) {
    if (!isOverparamError(error) || error.code !== 'wrong-role') throw error;
    return readNetwork(folder, { expect: 'plain' }).catch(() => {
      throw error;
    });
  }
}
