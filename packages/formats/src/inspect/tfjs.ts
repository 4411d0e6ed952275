import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import {
  grouped,
  type InspectedLayer,
  type Inspection,
  type InspectionCheck,
  lineageOf,
  sizeOf,
} from './inspection';

interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A `model.json` of tfjs, with its files of weights beside it. */
export async function inspectTfjs(path: string, bytes: Uint8Array): Promise<Inspection> {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw new OverparamError('file-unknown', `${path} is neither JSON nor any other file of a network.`, {
      cause,
    });
  }
  const topology = Object(Object(json).modelTopology ?? json) as Record<string, unknown>;
  const layersWritten = layersIn(topology, '', 0);
  if (layersWritten.length === 0) {
    throw new OverparamError(
      'file-unknown',
      `${path} is JSON, but no network of TensorFlow.js: it has no layers. Give a model.json.`,
    );
  }
  const manifest = Array.isArray(json.weightsManifest) ? json.weightsManifest : [];
  const weights = manifest.flatMap((group) => listOf<WrittenWeight>(Object(group).weights)).filter(isWeight);
  const counts = grouped(
    weights.map(({ name, shape }) => [name, shape] as const),
    '/',
  );
  const layers = layersWritten.map(({ name, kind }): InspectedLayer => {
    const own = counts.get(name.split('/').at(-1)!) ?? counts.get(name) ?? 0;
    return { name, kind, parameters: own };
  });
  const about = Object(Object(json.userDefinedMetadata).overparam) as Record<string, unknown>;
  const paths = manifest
    .flatMap((group) => listOf<string>(Object(group).paths))
    .filter((name) => typeof name === 'string');
  return {
    path,
    format: 'layers of TensorFlow.js',
    ...lineageOf(about),
    layers,
    parameters: weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    checks: await checkWeights(path, paths, weights, about),
  };
}

const listOf = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);

const isWeight = (weight: WrittenWeight) =>
  typeof weight?.name === 'string' &&
  Array.isArray(weight.shape) &&
  weight.shape.every((side) => Number.isInteger(side) && side >= 0);

const textOf = (value: unknown) => (typeof value === 'string' ? value : '?');

const deepest = 32;

/** Names and kinds of layers, of models inside too. */
export function layersIn(
  topology: Record<string, unknown>,
  prefix: string,
  depth: number,
): { name: string; kind: string }[] {
  const whole = Object(topology.model_config ?? topology) as Record<string, unknown>;
  const list = Array.isArray(whole.config) ? whole.config : listOf(Object(whole.config).layers);
  return list.flatMap((entry) => {
    const layer = Object(entry) as Record<string, unknown>;
    const config = Object(layer.config) as Record<string, unknown>;
    const name = prefix + textOf(layer.name ?? config.name);
    const inner =
      depth < deepest && Array.isArray(config.layers) ? layersIn(layer, `${name}/`, depth + 1) : [];
    return inner.length > 0 ? inner : [{ name, kind: textOf(layer.class_name ?? layer.className) }];
  });
}

const bytesOf: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

async function checkWeights(
  path: string,
  names: readonly string[],
  weights: readonly WrittenWeight[],
  about: Record<string, unknown>,
): Promise<InspectionCheck[]> {
  if (names.length === 0) return [{ what: 'weights', ok: true, detail: 'it names none' }];
  const folder = dirname(resolve(path));
  const hash = createHash('sha256');
  let length = 0;
  for (const name of names) {
    const file = resolve(folder, name);
    const there = relative(folder, file).startsWith('..') ? null : await stat(file).catch(() => null);
    if (!there?.isFile())
      return [{ what: 'weights', ok: false, detail: `there is no file ${name} in its folder` }];
    const part = await readFile(file);
    hash.update(part);
    length += part.length;
  }
  const wanted = weights.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * (bytesOf[dtype] ?? 4), 0);
  const fits = {
    what: 'weights',
    ok: length === wanted,
    detail: `${length} bytes in ${names.length} files, ${wanted} expected`,
  };
  const { sha256 } = Object(about.weights) as { sha256?: unknown };
  if (typeof sha256 !== 'string') return [fits];
  const same = hash.digest('hex') === sha256;
  return [
    fits,
    {
      what: 'checksum of weights',
      ok: same,
      detail: same ? 'fits' : 'they were changed after they were written',
    },
  ];
}
