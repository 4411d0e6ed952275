import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openZip } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import type { SourceTensor } from '../tensors';
import { type Hdf5Content, readHdf5 } from './hdf5';
import { isRecord, parseConfig } from './parse-config';
import type { StoredGraph, StoredNetwork } from './stored-network';

/** The longest config that is read. */
const longestConfig = 2 ** 24;

/** The most bytes of weights that are read. */
const mostWeights = 2 ** 31;

/** The names of Keras's classes as its weights file writes them. */
function snakeCase(kind: string): string {
  return kind
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * Reads a network of Keras 3, a `.keras` file: a zip archive of a config and of weights. The config is read as what it is,
 * a description; no class that it names is looked for and no code in it is run.
 *
 * @throws OverparamError `keras-invalid`, `config-invalid`, `layer-unsupported`, `hdf5-invalid`, and `data-truncated` and so
 *         on for the archive
 */
export async function readKerasArchive(path: string): Promise<StoredNetwork> {
  const archive = await openZip(path);
  const member = (name: string) => {
    const found = archive.members.get(name);
    if (found) return found;
    throw new OverparamError(
      'keras-invalid',
      `${path}: it has no "${name}", which a network of Keras 3 has. Save it again: model.save("network.keras").`,
    );
  };
  const config = parseJson(
    (await archive.bytes(member('config.json'), longestConfig)).toString('utf8'),
    path,
  );
  const { name, graph } = parseConfig(config, path);
  const weights = member('model.weights.h5');
  if (weights.compression !== 0) {
    throw new OverparamError(
      'keras-invalid',
      `${path}: its weights are packed, and Keras packs none. Save it again.`,
    );
  }
  // The library reads files, not bytes.
  const folder = await mkdtemp(join(tmpdir(), 'overparam-keras-'));
  try {
    const file = join(folder, 'model.weights.h5');
    await writeFile(file, await archive.bytes(weights, mostWeights));
    const content = await readHdf5(file, path, ['name']);
    return {
      name,
      graph,
      dialect: 'keras3',
      tensors: content.arrays,
      weights: weightsByPlace(graph, content, path),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Weights of Keras 3 stand in the order of layers, under names of their classes with a number behind: `layers/conv2d_1/vars/0`
 * is the first weight of the second Conv2D, whatever the layer's own name is.
 */
function weightsByPlace(graph: StoredGraph, content: Hdf5Content, source: string): StoredNetwork['weights'] {
  const groups = new Map<string, string>();
  const visit = ({ layers }: StoredGraph, at: string, place: string): void => {
    const used = new Map<string, number>();
    layers.forEach(({ kind, name, inner }, index) => {
      const key = snakeCase(kind);
      const count = used.get(key) ?? 0;
      used.set(key, count + 1);
      const group = `${at}layers/${count === 0 ? key : `${key}_${count}`}`;
      const own = content.text(`${group}/vars`, 'name');
      if (own !== null && own !== name) {
        throw new OverparamError(
          'keras-invalid',
          `${source}: the weights at "${group}" are those of layer "${own}", and the config has "${name}" there. Config and weights do not belong together; save the network again.`,
        );
      }
      groups.set(`${place}${index}`, group);
      if (inner) visit(inner, `${group}/`, `${place}${index} `);
    });
  };
  visit(graph, '', '');
  return (_, place, names) => {
    const group = groups.get(place.join(' '));
    return names.map((_name, index) => content.arrays.get(`${group}/vars/${index}`) ?? null);
  };
}

/**
 * Reads a network of Keras's older form, a `.h5` file of config and weights, of Keras 2 or 3.
 *
 * @throws OverparamError as {@link readKerasArchive}; `keras-invalid` for a file of weights alone
 */
export async function readKerasHdf5(path: string): Promise<StoredNetwork> {
  const content = await readHdf5(path, path, ['model_config', 'keras_version']);
  const config = content.text('', 'model_config');
  if (config === null) {
    throw new OverparamError(
      'keras-invalid',
      `${path}: it holds no config of a network, only weights or other data. Save the whole network: model.save("network.keras").`,
    );
  }
  const { name, graph } = parseConfig(parseJson(config, path), path);
  const dialect = (content.text('', 'keras_version') ?? '2').startsWith('3') ? 'keras3' : 'keras2';
  const tensors = new Map(
    [...content.arrays]
      .filter(([key]) => key.startsWith('model_weights/'))
      .map(([key, tensor]) => [key.slice('model_weights/'.length), tensor]),
  );
  return { name, graph, dialect, tensors, weights: weightsByName(tensors) };
}

/** Other names that weights have had. */
const aliases: Readonly<Record<string, readonly string[] | undefined>> = {
  depthwise_kernel: ['depthwise_kernel', 'kernel'],
};

/**
 * Finds weights by names such as `conv2d/conv2d/kernel:0`: the first part is the outermost layer, a later one the layer's
 * own, the last one the weight.
 */
export function weightsByName(tensors: ReadonlyMap<string, SourceTensor>): StoredNetwork['weights'] {
  const byLayer = new Map<string, Map<string, Found>>();
  for (const [key, tensor] of tensors) {
    const parts = key.replace(/:\d+$/, '').split('/');
    const short = parts.pop()!;
    for (const part of new Set(parts)) {
      const id = `${parts[0]}\n${part}`;
      const own = byLayer.get(id) ?? new Map<string, Found>();
      byLayer.set(id, own);
      const last = parts.at(-1) === part;
      const before = own.get(short);
      // The layer's own part stands last; an outer one may be of its name.
      if (!before || (last && !before.last)) own.set(short, { tensor, last });
      else if (last === before.last) own.set(short, { tensor: null, last });
    }
  }
  return (path, _, names) => {
    const own = path.at(-1)!;
    const found = byLayer.get(`${path[0]}\n${own}`) ?? byLayer.get(`${own}\n${own}`);
    return names.map((name) => {
      const key = (aliases[name] ?? [name]).find((alias) => found?.has(alias));
      return key === undefined ? null : found!.get(key)!.tensor;
    });
  };
}

/** A weight of a layer's name; no tensor where two have it, and which one is meant cannot be told. */
interface Found {
  readonly tensor: SourceTensor | null;
  readonly last: boolean;
}

/** How deep a config may be nested; what is deeper would overflow the stack of whoever shows it. */
const deepestConfig = 256;

/** How deep the brackets of a JSON text are nested. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g)) {
    if (piece === '[' || piece === '{') deepest = Math.max(deepest, ++depth);
    else if (piece.length === 1) depth--;
  }
  return deepest;
}

/** A JSON object. @throws OverparamError `config-invalid` */
export function parseJson(text: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  if (depthOf(text) > deepestConfig) {
    throw new OverparamError(
      'config-invalid',
      `${source}: its config is nested deeper than ${deepestConfig}. The file is damaged; save it again.`,
    );
  }
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OverparamError(
      'config-invalid',
      `${source}: its config is no JSON. The file is damaged; save it again.`,
      { cause },
    );
  }
  if (isRecord(value)) return value;
  throw new OverparamError(
    'config-invalid',
    `${source}: its config is no JSON object. The file is damaged; save it again.`,
  );
}
