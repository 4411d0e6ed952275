import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { JsonValue, NetworkMetadata } from '@overparam/export';
import { encodeNetworkAsOnnx, type Preprocessing } from '@overparam/export-onnx';
import { checkOnnx } from '@overparam/export-onnx/node';
import { writeFileAtomic } from '@overparam/files';
import * as tf from '@tensorflow/tfjs';
import type { Exported, Writer } from '../writer';

/** The file that a network becomes. */
export const onnxFile = 'model.onnx';

/** Under what a network's own lineage stands in the file's metadata. */
export const lineageKey = 'overparam';

/** ONNX, read back by ONNX Runtime. */
export const onnx: Writer = {
  name: 'onnx',
  summary: 'ONNX (opset 13), for ONNX Runtime in Node, browsers and elsewhere',
  norms: 'fold',
  async write({ folder, model, about, options, probes, expected }) {
    const preprocessing = options.preprocessing ? preprocessingOf(about) : undefined;
    const network = await encodeNetworkAsOnnx(model, {
      batch: options.batch,
      metadata: onnxMetadata(about),
      preprocessing,
      description: `A network of overparam, ${about.role}.`,
    });
    const given = preprocessing
      ? await pictures(model, probes, preprocessing)
      : { probes, expected, own: [] };
    try {
      const { runtime, outputs } = await checkOnnx(network.bytes, network, model, given);
      await writeFileAtomic(join(folder, onnxFile), network.bytes);
      return { by: `ONNX Runtime ${runtime}`, outputs };
    } finally {
      tf.dispose(given.own);
    }
  },
};

/**
 * What an ONNX file says of its network, as strings by key: what most readers look for, and all of it as JSON.
 *
 * @param about  with a role, which is the network's, or `quantised` for one in eight bits
 */
export function onnxMetadata(
  about: Readonly<Record<string, JsonValue>> & { readonly role: string },
): Readonly<Record<string, string>> {
  const { tasks, normalisation } = about as { tasks?: unknown; normalisation?: unknown };
  const classes = Array.isArray(tasks)
    ? (tasks as { name: string; classes?: readonly string[] }[]).filter((task) => task.classes)
    : [];
  return {
    role: about.role,
    [lineageKey]: JSON.stringify(about),
    ...(normalisation ? { normalisation: JSON.stringify(normalisation) } : {}),
    ...Object.fromEntries(
      classes.map((task) => [
        classes.length === 1 ? 'classes' : `classes of ${task.name}`,
        JSON.stringify(task.classes),
      ]),
    ),
  };
}

function preprocessingOf({ normalisation }: NetworkMetadata): Preprocessing {
  const { mean, std } = Object(normalisation) as Partial<Preprocessing>;
  if (Array.isArray(mean) && Array.isArray(std)) return { mean, std };
  throw new OverparamError(
    'normalisation-unknown',
    'The network does not say how its pictures are normalised: its dataset has none, or an earlier version trained it. Export it without preprocessing.',
  );
}

/** Pictures of bytes, and what the network makes of them once they are normalised. */
async function pictures(
  model: tf.LayersModel,
  probes: Exported['probes'],
  { mean, std }: Preprocessing,
): Promise<{ probes: tf.Tensor[]; expected: tf.Tensor[]; own: tf.Tensor[] }> {
  const [bytes, ...expected] = tf.tidy(() => {
    const pixels = tf.clipByValue(tf.round(tf.add(tf.mul(probes[0]!, 64), 128)), 0, 255);
    const x = tf.div(tf.sub(tf.div(pixels, 255), tf.tensor1d([...mean])), tf.tensor1d([...std]));
    return [pixels, ...([model.predict(x)].flat() as tf.Tensor[])];
  });
  return { probes: [bytes!], expected, own: [bytes!, ...expected] };
}
