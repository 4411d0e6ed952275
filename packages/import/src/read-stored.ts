import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { parseConfig } from './keras/parse-config';
import { readKerasArchive, readKerasHdf5, weightsByName } from './keras/read-keras';
import { readTfjs } from './keras/read-tfjs';
import type { StoredNetwork } from './keras/stored-network';
import { readOwnNetwork } from './read-own';
import { kindOf } from './read-tensors';
import type { SourceTensor } from './tensors';

/**
 * Reads a network that says itself what its layers are: a folder of this project, a `model.json`, a `.keras` or `.h5` file.
 *
 * @throws OverparamError `wrong-file` for a file of tensors alone; as `importNetwork`
 */
export async function readStored(path: string): Promise<StoredNetwork> {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'model.json') : path;
  const collapsed = join(path, 'collapsed');
  if (!existsSync(file) && existsSync(join(collapsed, 'model.json'))) {
    throw new OverparamError(
      'wrong-file',
      `${path}: it is a run's folder, with more networks than one. Take its collapsed one: ${collapsed}.`,
    );
  }
  const kind = await kindOf(file);
  if (kind === 'keras') return readKerasArchive(file);
  if (kind === 'hdf5') return readKerasHdf5(file);
  if (kind !== 'json') {
    throw new OverparamError(
      'wrong-file',
      `${path}: it holds tensors and does not say what its layers are. Import it first: overparam import ${path} --out FOLDER.`,
    );
  }
  return existsSync(join(dirname(file), 'weights.safetensors')) ? readOwn(dirname(file)) : readTfjs(file);
}

/** A network's folder of this project. */
async function readOwn(folder: string): Promise<StoredNetwork> {
  const { model, metadata, sha256 } = await readOwnNetwork(folder);
  try {
    const own = { about: metadata, ...(sha256 !== undefined && { weightsSha256: sha256 }) };
    const { name, graph } = parseConfig(model.toJSON(null, false), folder);
    const tensors = new Map<string, SourceTensor>();
    for (const weight of model.weights) {
      const value = weight.read();
      const data = (value.dataSync() as Float32Array).slice();
      tensors.set(weight.originalName, { dtype: 'float32', shape: value.shape, data });
    }
    return { name, graph, dialect: 'tfjs', ...own, tensors, weights: weightsByName(tensors) };
  } finally {
    model.dispose();
  }
}

/** The SHA-256 of what a network is: its layers, how they are joined, and all weights. */
export function sumOfStored({ graph, dialect, tensors }: StoredNetwork): string {
  const hash = createHash('sha256').update(JSON.stringify([dialect, graph]));
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
