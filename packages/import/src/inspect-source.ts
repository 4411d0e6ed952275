import { costCard } from '@overparam/core-reparam';
import { isOverparamError } from '@overparam/errors';
import { architectures } from './architectures';
import { buildNetwork } from './keras/build-network';
import { readKerasArchive, readKerasHdf5 } from './keras/read-keras';
import type { StoredGraph, StoredNetwork } from './keras/stored-network';
import { collapseBlocks } from './published/collapse-blocks';
import { kindOf, readTensors } from './read-tensors';
import { countOf, type StateDict } from './tensors';

/** What a file of PyTorch or Keras is: in the form in which `inspect` of `@overparam/formats` tells it of others. */
export interface InspectedSource {
  readonly path: string;
  readonly format: string;
  /** `expanded` where its tensors are those of blocks that collapse; null where the file does not say. */
  readonly role: 'expanded' | null;
  readonly about: Readonly<Record<string, string>>;
  /** `parameters`: numbers in its weights. */
  readonly layers: readonly { readonly name: string; readonly kind: string; readonly parameters: number }[];
  /** Numbers in all weights, running statistics included. */
  readonly parameters: number;
  /** For one example; null where the network cannot be built. */
  readonly multiplyAdds: number | null;
  readonly checks: readonly { readonly what: string; readonly ok: boolean; readonly detail: string }[];
}

/**
 * Says what a checkpoint of PyTorch, a `.keras` or `.h5` file holds. Nothing in it is executed.
 *
 * @returns null for files of other kinds, and where there is no file
 * @throws OverparamError as `readTensors`; `keras-invalid`, `config-invalid`, `hdf5-invalid` where it is damaged
 */
export async function inspectSource(path: string): Promise<InspectedSource | null> {
  const kind = await kindOf(path).catch(() => null);
  if (kind === 'checkpoint' || kind === 'old checkpoint')
    return inspectTensors(path, await readTensors(path));
  if (kind === 'keras') return inspectKeras(path, 'Keras 3', await readKerasArchive(path));
  if (kind === 'hdf5') return inspectKeras(path, 'Keras, HDF5', await readKerasHdf5(path));
  return null;
}

function inspectTensors(path: string, state: StateDict): InspectedSource {
  const layers = new Map<string, number>();
  for (const [name, { shape }] of state) {
    const layer = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
    layers.set(layer, (layers.get(layer) ?? 0) + countOf(shape));
  }
  const blocks = blocksIn(state, path);
  const names = architectures
    .filter(({ recognises }) => recognises((name) => state.has(name)))
    .map((architecture) => architecture.name);
  const types = new Set([...state.values()].map(({ dtype }) => dtype));
  return {
    path,
    format: 'checkpoint of PyTorch',
    role: blocks.length > 0 ? 'expanded' : null,
    about: {
      ...(names.length > 0 && { 'names of': names.join(', ') }),
      ...(blocks.length > 0 && { blocks: blocks.join(', ') }),
    },
    layers: [...layers].map(([name, parameters]) => ({ name, kind: '', parameters })),
    parameters: [...layers.values()].reduce((sum, count) => sum + count, 0),
    multiplyAdds: null,
    checks: [{ what: 'tensors', ok: true, detail: `${state.size} of type ${[...types].sort().join(', ')}` }],
  };
}

/** How many blocks of which method there are, in words. */
function blocksIn(state: StateDict, path: string): string[] {
  try {
    const { blocks } = collapseBlocks(state, path, { epsilon: 1e-5, fnlReshape: 'transposed' });
    return Object.entries(blocks).map(([method, count]) => `${count} of ${method}`);
  } catch (error) {
    // Blocks that do not fit together are told at import.
    if (isOverparamError(error)) return [];
    throw error;
  }
}

async function inspectKeras(path: string, format: string, stored: StoredNetwork): Promise<InspectedSource> {
  const { layers, multiplyAdds, check } = await builtFrom(path, stored);
  const sizes = [...stored.tensors.values()].map(({ shape }) => countOf(shape));
  return {
    path,
    format,
    role: null,
    about: { name: stored.name },
    // A built network has the same layers, without what separates names.
    layers: listed(stored.graph).map((layer) => ({
      ...layer,
      parameters: layers.get(layer.name.replace(/[^\w.-]/g, '_')) ?? 0,
    })),
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    multiplyAdds,
    checks: [{ what: 'can be imported', ...check }],
  };
}

/** What only a built network tells; of one that cannot be imported, why. */
async function builtFrom(path: string, stored: StoredNetwork) {
  try {
    const model = buildNetwork(stored, path);
    try {
      const layers = new Map(model.layers.map((layer) => [layer.name, layer.countParams()]));
      const { multiplyAdds } = (await costCard(model)).expanded;
      return { layers, multiplyAdds, check: { ok: true, detail: 'every layer is known' } };
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    return {
      layers: new Map<string, number>(),
      multiplyAdds: null,
      check: { ok: false, detail: error.message },
    };
  }
}

/** Layers of a network and of those in it, by their paths. */
function listed(graph: StoredGraph, prefix = ''): { readonly name: string; readonly kind: string }[] {
  return graph.layers.flatMap(({ name, kind, inner }) =>
    inner ? listed(inner, `${prefix}${name}/`) : [{ name: prefix + name, kind }],
  );
}
