import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { numbersOf, widths } from '../pytorch/storages';
import { countOf, type SourceTensor } from '../tensors';
import { isRecord, parseConfig } from './parse-config';
import { parseJson, weightsByName } from './read-keras';
import type { StoredNetwork } from './stored-network';

/** The longest `model.json` that is read, and the most bytes of weights. */
const limits = { topology: 2 ** 26, weights: 2 ** 31 } as const;

type Fail = (problem: string) => OverparamError;

/**
 * Reads a layers model of TensorFlow.js: `model.json`, and the files of weights beside it that it names. Nothing outside of
 * its folder is read.
 *
 * @throws OverparamError `tfjs-invalid`, `config-invalid`, `layer-unsupported`
 */
export async function readTfjs(path: string): Promise<StoredNetwork> {
  const fail: Fail = (problem) =>
    new OverparamError(
      'tfjs-invalid',
      `${path}: expected a layers model of TensorFlow.js, but ${problem}. Save it again: model.save("file://folder").`,
    );
  if ((await stat(path)).size > limits.topology) throw fail(`it is longer than ${limits.topology} bytes`);
  const json = parseJson(await readFile(path, 'utf8'), path);
  if (json.format === 'graph-model') {
    throw fail(
      'it is a graph model, which has operations and no layers. Take the layers model or the Keras file that it was made of',
    );
  }
  if (!isRecord(json.modelTopology) || !Array.isArray(json.weightsManifest)) {
    throw fail('it has no modelTopology and weightsManifest');
  }
  const topology = json.modelTopology;
  const { name, graph } = parseConfig(topology.model_config ?? topology, path);
  const tensors = new Map<string, SourceTensor>();
  for (const group of json.weightsManifest) await readGroup(dirname(path), group, tensors, fail);
  const version = [topology.keras_version, json.generatedBy].map((value) =>
    typeof value === 'string' ? value : '',
  );
  const dialect = /tfjs|TensorFlow\.js/i.test(version.join(' '))
    ? 'tfjs'
    : /^(keras v)?3/.test(version[1]!) || /^3/.test(version[0]!)
      ? 'keras3'
      : 'keras2';
  return { name, graph, dialect, tensors, weights: weightsByName(tensors) };
}

async function readGroup(
  folder: string,
  group: unknown,
  tensors: Map<string, SourceTensor>,
  fail: Fail,
): Promise<void> {
  if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
    throw fail('a part of its weightsManifest has no paths and weights');
  }
  const bytes = await readShards(folder, group.paths, fail);
  let position = 0;
  for (const weight of group.weights) {
    if (!isRecord(weight) || typeof weight.name !== 'string') throw fail('a weight has no name');
    const { name, shape, dtype, quantization } = weight;
    const sound = Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side >= 0);
    if (!sound) throw fail(`weight ${JSON.stringify(name)} has no shape`);
    const packing = isRecord(quantization) ? quantization : null;
    const type: unknown = packing?.dtype ?? dtype;
    const stored = typeof type === 'string' ? type : '';
    const width = stored === 'uint16' ? 2 : widths[stored];
    if (width === undefined)
      throw fail(`weight ${JSON.stringify(name)} is of type ${JSON.stringify(stored)}`);
    const end = position + countOf(shape as number[]) * width;
    if (!(end <= bytes.length))
      throw fail(`weight ${JSON.stringify(name)} reaches beyond the ${bytes.length} bytes of its files`);
    if (tensors.has(name)) throw fail(`two weights are named ${JSON.stringify(name)}`);
    const part = bytes.subarray(position, end);
    const data =
      stored === 'uint16' ? new Uint16Array(Uint8Array.from(part).buffer) : numbersOf(stored, part);
    tensors.set(name, {
      dtype: 'float32',
      shape: shape as number[],
      data: unpacked(data, packing, name, fail),
    });
    position = end;
  }
  if (position !== bytes.length)
    throw fail(`${bytes.length - position} bytes of its files belong to no weight`);
}

/** Numbers as they are, or those that whole numbers stand for: scale times number plus least. */
function unpacked(
  data: ReturnType<typeof numbersOf> | Uint16Array,
  packing: Readonly<Record<string, unknown>> | null,
  name: string,
  fail: Fail,
): Float32Array {
  const { scale = 1, min = 0 } = packing ?? {};
  if (typeof scale !== 'number' || typeof min !== 'number') {
    throw fail(`weight ${JSON.stringify(name)} is packed without scale and min`);
  }
  return Float32Array.from(data as Uint8Array, (value) => Number(value) * scale + min);
}

async function readShards(folder: string, paths: readonly unknown[], fail: Fail): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let left: number = limits.weights;
  for (const path of paths) {
    if (
      typeof path !== 'string' ||
      path === '' ||
      path === '..' ||
      path.includes('\0') ||
      basename(path) !== path ||
      path.includes('\\')
    ) {
      throw fail(
        `a file of weights is named ${JSON.stringify(path)}, and only files beside model.json are read`,
      );
    }
    const found = await stat(join(folder, path)).catch(() => null);
    if (!found?.isFile()) throw fail(`its file of weights ${JSON.stringify(path)} is not beside it`);
    left -= found.size;
    if (left < 0) throw fail(`its weights have more than ${limits.weights} bytes`);
    pieces.push(await readFile(join(folder, path)));
  }
  return Buffer.concat(pieces);
}
