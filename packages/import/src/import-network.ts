import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { importTensors, type TensorImportOptions } from './import-tensors';
import type { ImportedNetwork } from './imported-network';
import { buildNetwork } from './keras/build-network';
import { readKerasArchive, readKerasHdf5 } from './keras/read-keras';
import { readTfjs } from './keras/read-tfjs';
import { readOwnNetwork } from './read-own';
import { kindOf } from './read-tensors';

/**
 * Reads a network of another program: a PyTorch checkpoint or safetensors file in names that are known, a `.keras` or `.h5`
 * file, or a `model.json` of TensorFlow.js or of this project. Nothing in it is executed.
 *
 * What PyTorch's tensors compute can be had in plain operations, and is compared; of Keras, every layer and every option must
 * be one that is known to compute the same here.
 *
 * @throws OverparamError as `importTensors`; `layer-unsupported`, `config-invalid`, `weights-missing`, `keras-invalid`,
 *         `hdf5-invalid`, `tfjs-invalid`
 * @example
 * const { model, architecture } = await importNetwork('network.keras');
 */
export async function importNetwork(
  path: string,
  options: TensorImportOptions = {},
): Promise<ImportedNetwork> {
  const kind = await kindOf(path);
  if (kind === 'checkpoint' || kind === 'old checkpoint' || kind === 'safetensors')
    return importTensors(path, options);
  if (options.architecture !== undefined) {
    throw new OverparamError(
      'invalid-options',
      `${path}: it says itself what its layers are, so that no architecture can be asked for. Leave --as out.`,
    );
  }
  if (kind === 'json' && existsSync(join(dirname(path), 'weights.safetensors'))) {
    const { model, metadata } = await readOwnNetwork(dirname(path));
    // An expanded one was refused.
    const role = metadata.role === 'plain' ? 'plain' : 'collapsed';
    return { ...plain('overparam', role), model, about: metadata };
  }
  const [stored, architecture] =
    kind === 'keras'
      ? ([await readKerasArchive(path), 'keras'] as const)
      : kind === 'hdf5'
        ? ([await readKerasHdf5(path), 'keras'] as const)
        : ([await readTfjs(path), 'tfjs'] as const);
  return { ...plain(architecture, 'plain'), model: buildNetwork(stored, path) };
}

/** What is known of a network that describes itself. */
function plain(architecture: string, role: ImportedNetwork['role']): Omit<ImportedNetwork, 'model'> {
  return { role, architecture, gap: null, blocks: {}, ignored: [], settings: {} };
}
