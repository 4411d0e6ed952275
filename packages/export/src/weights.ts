import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { ReadTensor, StoredTensor } from './safetensors';

/** Type in the file by type in tfjs. */
const dtypes: Readonly<Record<string, StoredTensor['dtype'] | undefined>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
};

/**
 * All weights of a network by tfjs's original names, such as `stem_conv/kernel`, running statistics included.
 *
 * @throws OverparamError `duplicate-weight`, `invalid-tensor`
 */
export async function storedWeights(model: tf.LayersModel): Promise<ReadonlyMap<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, weight] of weightsByName(model)) {
    const value = weight.read();
    const dtype = dtypes[value.dtype];
    if (dtype === undefined) {
      throw new OverparamError(
        'invalid-tensor',
        `Cannot write weight "${name}" of type ${value.dtype}; float32, int32 and bool can be written.`,
      );
    }
    // The type of data follows tfjs's type of tensor, which dtype was chosen by.
    tensors.set(name, { dtype, shape: value.shape, data: await value.data() } as StoredTensor);
  }
  return tensors;
}

/**
 * Sets all weights of a network, after all names, types and shapes have been found to fit.
 *
 * @throws OverparamError `weights-mismatch`, `duplicate-weight`
 */
export function assignWeights(
  model: tf.LayersModel,
  tensors: ReadonlyMap<string, ReadTensor>,
  source: string,
): void {
  const weights = weightsByName(model);
  const fail = (problem: string): never => {
    throw new OverparamError(
      'weights-mismatch',
      `${source}: weights and topology do not belong together: ${problem}. Take both from the same network.`,
    );
  };
  const missing = [...weights.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) fail(`no tensor for ${listed(missing)}`);
  const extra = [...tensors.keys()].filter((name) => !weights.has(name));
  if (extra.length > 0) fail(`no layer has the weight ${listed(extra)}`);
  for (const [name, { shape, dtype }] of weights) {
    const stored = tensors.get(name)!;
    if (stored.shape.join() !== shape.join()) {
      fail(`weight "${name}" must be of shape [${shape}]; the file has [${stored.shape}]`);
    }
    if (stored.dtype !== dtypes[dtype])
      fail(`weight "${name}" must be of type ${dtypes[dtype]}; the file has ${stored.dtype}`);
  }
  for (const [name, weight] of weights) {
    const { data } = tensors.get(name) as StoredTensor;
    const value = tf.tensor(data, weight.shape as number[], weight.dtype);
    weight.write(value);
    value.dispose();
  }
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 3)
    .map((name) => `"${name}"`)
    .join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function weightsByName(model: tf.LayersModel) {
  const weights = new Map<string, tf.LayersModel['weights'][number]>();
  for (const weight of model.weights) {
    if (weights.has(weight.originalName)) {
      throw new OverparamError(
        'duplicate-weight',
        `Two weights of network "${model.name}" are named "${weight.originalName}". Give every layer a name of its own, inside nested models too.`,
      );
    }
    weights.set(weight.originalName, weight);
  }
  return weights;
}
