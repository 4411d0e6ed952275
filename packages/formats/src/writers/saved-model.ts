import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import * as tf from '@tensorflow/tfjs';
import { outputGap } from '../gap';
import type { Exported, ReadBack, Writer } from '../writer';

/** The file that TensorFlow looks for in a folder. */
export const savedModelFile = 'saved_model.pb';

/** Where a SavedModel keeps what TensorFlow itself does not read. */
export const lineageFile = 'assets.extra/overparam.json';

/** TensorFlow's SavedModel, read back by its C API. */
export const savedModel: Writer = {
  name: 'saved-model',
  summary: "TensorFlow's SavedModel with the signature serving_default, for TensorFlow and its servers",
  norms: 'fold',
  async write(exported) {
    const before = tf.getBackend();
    await useEngine('tensorflow');
    try {
      return await write(exported);
    } finally {
      await tf.setBackend(before);
    }
  },
};

async function write({ folder, model, about, options, probes, expected }: Exported): Promise<ReadBack> {
  const { encodeSavedModel, loadSavedModel, tensorflowInfo } = await import('@overparam/engine-tensorflow');
  const { batch = 'free' } = options;
  const inputNames = model.inputs.map(({ sourceLayer }) => sourceLayer.name);
  const outputNames = uniqueNames(model);
  const inputs = model.inputs.map(({ shape, dtype, sourceLayer }) => {
    const [size, ...sides] = shape;
    const fixed = size ?? (batch === 'free' ? null : batch);
    const type = dtype === 'int32' ? ('int32' as const) : ('float32' as const);
    return [sourceLayer.name, { shape: [fixed, ...sides], dtype: type }] as const;
  });
  const { bytes } = encodeSavedModel((given) => {
    const outputs = [
      model.apply(
        inputNames.map((name) => given[name]!),
        { training: false },
      ),
    ].flat() as tf.Tensor[];
    return Object.fromEntries(outputs.map((tensor, index) => [outputNames[index]!, tensor]));
  }, Object.fromEntries(inputs));
  await writeFileAtomic(join(folder, savedModelFile), bytes);
  await mkdir(join(folder, 'assets.extra'));
  await writeFileAtomic(join(folder, lineageFile), `${JSON.stringify(about, null, 2)}\n`);
  const loaded = loadSavedModel(folder);
  try {
    const count = probes[0]!.shape[0]!;
    const fixed = inputs[0]![1].shape[0] ?? null;
    const run = async (at: number, size: number) => {
      const given: Record<string, { shape: number[]; data: Float32Array | Int32Array; dtype: tf.DataType }> =
        {};
      for (const [index, probe] of probes.entries())
        given[inputNames[index]!] = await partOf(probe, at, size);
      return loaded.run(given);
    };
    // A batch that is fixed is run as often as it takes; one that is open all at once, and one example by itself.
    const parts = [];
    for (let at = 0; at < count; at += fixed ?? count) parts.push(await run(at, fixed ?? count));
    const alone = fixed === null && count > 1 ? await run(0, 1) : null;
    const outputs = [];
    for (const [index, tensor] of expected.entries()) {
      const name = outputNames[index]!;
      const reference = await tensor.data();
      const found = parts.flatMap((part) => [...(part[name] as Float32Array)]).slice(0, tensor.size);
      // Where one example by itself is something else, so is what it stands for.
      if (alone)
        found.splice(0, tensor.size / count, ...worse(reference, found, alone[name] as Float32Array));
      outputs.push(outputGap(name, tensor, reference, found));
    }
    return { by: `TensorFlow ${tensorflowInfo().version}`, outputs };
  } catch (cause) {
    throw new OverparamError(
      'export-mismatch',
      `TensorFlow does not take the SavedModel of "${model.name}": ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    loaded.dispose();
  }
}

/** Of each number the one that is farther from the reference, over as many as the second has. */
function worse(reference: ArrayLike<number>, one: ArrayLike<number>, two: ArrayLike<number>): number[] {
  return Array.from(two, (value, index) =>
    Math.abs(value - reference[index]!) > Math.abs(one[index]! - reference[index]!) ? value : one[index]!,
  );
}

/** Some examples of a probe, the last of them once more where there are too few. */
async function partOf(probe: tf.Tensor, at: number, size: number) {
  const some = tf.tidy(() => {
    const index = Array.from({ length: size }, (_, i) => Math.min(at + i, probe.shape[0]! - 1));
    return tf.gather(probe, index);
  });
  const dtype = probe.dtype === 'int32' ? ('int32' as const) : ('float32' as const);
  const part = { shape: some.shape, data: (await some.data()) as Float32Array | Int32Array, dtype };
  some.dispose();
  return part;
}

/** Names of outputs, those of layers that give several made different. */
export function uniqueNames(model: tf.LayersModel): string[] {
  const taken = new Set(model.inputs.map(({ sourceLayer }) => sourceLayer.name));
  return model.outputs.map(({ sourceLayer }) => {
    let { name } = sourceLayer;
    for (let count = 1; taken.has(name); count++) name = `${sourceLayer.name}_${count}`;
    taken.add(name);
    return name;
  });
}
