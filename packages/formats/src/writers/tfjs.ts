import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { encodeTfjs, extraLayersFile } from '@overparam/export';
import { writeFileAtomic } from '@overparam/files';
import * as tf from '@tensorflow/tfjs';
import { outputGap } from '../gap';
import type { Writer } from '../writer';

/** The file that stock tfjs is given. */
export const modelFile = 'model.json';

/** tfjs's format for layers, read back by tfjs's own loader. */
export const tfjs: Writer = {
  name: 'tfjs',
  summary: 'model.json and weights, for tf.loadLayersModel of stock TensorFlow.js',
  norms: 'fold',
  async write({ folder, model, about, probes, expected }) {
    const { modelJson, shards, layers } = await encodeTfjs(model, about);
    for (const [name, bytes] of shards) await writeFileAtomic(join(folder, name), bytes);
    if (layers !== null) await writeFileAtomic(join(folder, extraLayersFile), layers);
    await writeFileAtomic(join(folder, modelFile), modelJson);
    const read = await tf.loadLayersModel({ load: () => artifactsIn(folder) }).catch((cause: Error) => {
      throw new OverparamError(
        'tfjs-refused',
        `TensorFlow.js cannot read back what it writes of the network "${model.name}": ${cause.message} Build it with tf.model of layers that each have a name of their own.`,
        { cause },
      );
    });
    try {
      const found = tf.tidy(() => [read.predict([...probes])].flat() as tf.Tensor[]);
      const outputs = [];
      for (const [index, tensor] of expected.entries())
        outputs.push(
          outputGap(model.outputNames[index]!, tensor, await tensor.data(), await found[index]!.data()),
        );
      tf.dispose(found);
      return { by: `TensorFlow.js ${tf.version_core}`, outputs };
    } finally {
      read.dispose();
    }
  },
};

/** What tfjs is given of a folder, from the files as they are. */
async function artifactsIn(folder: string): Promise<tf.io.ModelArtifacts> {
  const json = JSON.parse(await readFile(join(folder, modelFile), 'utf8')) as tf.io.ModelJSON;
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const parts = await Promise.all(
      manifest.flatMap(({ paths }) => paths).map((name) => readFile(join(folder, name))),
    );
    const all = new Uint8Array(Buffer.concat(parts));
    return [manifest.flatMap(({ weights }) => weights), all.buffer];
  });
}
