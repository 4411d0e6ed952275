import { stat } from 'node:fs/promises';
import { costCard } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import type { NetworkMetadata } from '@overparam/export';
import { writeNetwork } from '@overparam/export/node';
import { prepareToWrite, writeFileAtomic } from '@overparam/files';
import { onnxMetadata } from '@overparam/formats';
import type { LoopListeners } from '@overparam/training';
import type * as tf from '@tensorflow/tfjs';
import { polish } from './polish';
import type { Int8Report } from './report';
import { simulate } from './simulation';
import { type Spread, weightSpread } from './spread';
import { type Asked, calibrateOnData, damageOnData, type Given, writeAndCompare } from './steps';

/** What {@link quantiseNetwork} is to do. */
export interface QuantiseOptions extends Omit<Asked, 'metadata'> {
  /** Whose network it is, where there is one for each task; else null. */
  readonly task: string | null;
  /** The ONNX file; a report stands beside it, as JSON. */
  readonly file: string;
  /** What the given network says of itself, with its checksum. */
  readonly about: NetworkMetadata & { readonly sha256: string | null };
  /** Null where it is not trained on. */
  readonly polish: {
    readonly epochs: number;
    /** Highest learning rate. */
    readonly rate: number;
    /** Where the polished network goes. */
    readonly folder: string;
  } | null;
  /** Shown before anything else is done. */
  readonly onSpread?: (spread: readonly Spread[]) => void;
  readonly listeners?: LoopListeners;
}

/**
 * Brings a network into eight bits: calibrates it on training data, trains it on where that is asked for, writes it as ONNX,
 * opens the file in ONNX Runtime, and compares both on the test split.
 *
 * @throws OverparamError `expanded-network`, `nothing-to-quantise`, `unknown-layer`, `too-few-examples`, `no-examples`,
 *   `unsupported-layer`, `onnxruntime-missing`, `export-mismatch`, `not-a-file`, `not-a-folder`; nothing is written then
 */
export async function quantiseNetwork(given: Given, options: QuantiseOptions): Promise<Int8Report> {
  const { float, about, task, file } = options;
  // Before minutes of work that would have nowhere to go.
  if ((await stat(file).catch(() => null))?.isDirectory())
    throw new OverparamError(
      'not-a-file',
      `"${file}" is a folder. Give the path of a file, such as ${file}/model.onnx.`,
    );
  const spread = weightSpread(given.model, { float });
  options.onSpread?.(spread);
  await prepareToWrite(file);
  const { grids, dead } = await calibrateOnData(given, { ...options, metadata: {} });
  const { sha256, ...lineage } = about;
  const quantisation = {
    weights: 'int8 by output channel',
    activations: 'uint8',
    calibration: { rule: options.rule, examples: options.examples },
    float: [...float],
  };
  const polished = options.polish && { epochs: options.polish.epochs, rate: options.polish.rate };
  const source = { role: about.role, sha256 };
  const { parameters, multiplyAdds } = (await costCard(given.model)).expanded;
  const metadata = onnxMetadata({
    ...lineage,
    role: 'quantised',
    source,
    cost: { parameters, multiplyAdds },
    quantisation: { ...quantisation, ...(polished && { polish: polished }) },
  });
  const asked: Asked = { ...options, metadata };
  const write = async (model: tf.LayersModel) => {
    const simulation = simulate(model, grids, { float });
    try {
      const written = await writeAndCompare(given, simulation, asked);
      return { written, simulation };
    } catch (error) {
      simulation.dispose();
      throw error;
    }
  };
  let result = await write(given.model);
  try {
    let before: Pick<NonNullable<Int8Report['polish']>, 'before' | 'damage'> | null = null;
    if (options.polish) {
      before = {
        before: result.written.figures.after.scores,
        damage: await damageOnData(given, result.simulation, asked),
      };
      const { epochs, rate, folder } = options.polish;
      const better = await polish(given.model, grids, given.recipe, given.dataset, {
        epochs,
        rate,
        float,
        onLayer: (done, total) => options.onWork?.('layers made ready', done, total),
        ...(options.signal && { signal: options.signal }),
        ...(options.listeners && { listeners: options.listeners }),
      });
      try {
        result.simulation.dispose();
        result = await write(better);
        const polishedAbout = { ...polished, precision: 'int8', grids: JSON.parse(JSON.stringify(grids)) };
        await writeNetwork(folder, better, { ...lineage, role: about.role, source, polish: polishedAbout });
      } finally {
        better.dispose();
      }
    }
    const { written, simulation } = result;
    const damage = await damageOnData(given, simulation, asked);
    const report: Int8Report = {
      task,
      file,
      bytes: written.bytes.length,
      weights: countWeights(simulation.model, simulation.scalesOf),
      spread,
      calibration: { rule: options.rule, examples: options.examples, grids, dead },
      polish: options.polish && before ? { ...options.polish, ...before } : null,
      examples: given.sizes.test,
      before: written.figures.before.scores,
      after: written.figures.after.scores,
      agreement: written.figures.after.agreement,
      check: written.check,
      damage,
    };
    await writeFileAtomic(file, written.bytes);
    await writeFileAtomic(file.replace(/(\.onnx)?$/, '.json'), `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } finally {
    result.simulation.dispose();
  }
}

function countWeights(
  model: tf.LayersModel,
  scalesOf: (layer: tf.layers.Layer, weight: string) => Float32Array | null,
): Int8Report['weights'] {
  let [int8, all] = [0, 0];
  for (const layer of model.layers) {
    for (const { originalName, shape } of layer.weights) {
      const size = shape.reduce<number>((product, side) => product * side!, 1);
      all += size;
      if (scalesOf(layer, originalName.split('/').at(-1)!)) int8 += size;
    }
  }
  return { int8, all };
}
