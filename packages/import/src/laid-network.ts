import { assemble, ownHeads, type Schemes, sharedFeatures } from '@overparam/backbones';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Network, NetworkShape } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { cutAt, whole } from './cut';
import { borderOf, outputsFor } from './kept-heads';
import { type LaidLayers, layOnImage } from './keras/build-network';
import type { StoredNetwork } from './keras/stored-network';

/** A stored network as a backbone, and how it is given the stored weights. */
export interface LaidNetwork {
  readonly network: Network;
  load(): void;
}

/**
 * The network up to its last map, or to a layer, with heads of the run.
 *
 * @throws OverparamError `invalid-options` where no images stand there; as `cutAt` and `layOnImage`
 */
export function withNewHeads(
  stored: StoredNetwork,
  shape: NetworkShape,
  until: string | null,
  path: string,
  schemes: Schemes,
): LaidNetwork {
  const graph = cutAt(stored.graph, until ?? undefined, path);
  let load = () => {};
  const network = assemble(
    {
      name: 'file',
      multiple: 1,
      heads: ownHeads,
      trunk(image, heads) {
        const laid = onImage({ ...stored, graph }, image, path, newHeadsHint);
        load = laid.load;
        const output = laid.outputs[0]!;
        const rank = output.shape.length;
        if (rank === 4 || (rank === 2 && heads.every(({ takesMean }) => takesMean))) {
          return sharedFeatures(output, heads);
        }
        throw new OverparamError(
          'invalid-options',
          `backbone "file": behind "${until ?? 'the end'}" of "${path}" stands an output of shape [${output.shape.map((side) => side ?? '?')}], and the heads need images [n, h, w, channels]. Name a layer before it by until.`,
        );
      },
    },
    shape,
    schemes,
  );
  return { network, load };
}

/**
 * The network as a whole, with its own outputs for the run's tasks.
 *
 * @throws OverparamError `invalid-options` as `outputsFor`
 */
export function withKeptHeads(
  stored: StoredNetwork,
  shape: NetworkShape,
  path: string,
  schemes: Schemes,
): LaidNetwork {
  const graph = whole(stored.graph, path);
  let load = () => {};
  let outputs: readonly tf.SymbolicTensor[] = [];
  const tasks = shape.tasks.map((task, index) => ({
    ...task,
    head: { name: 'kept', forms: [task.form], build: () => outputs[index]! },
  }));
  const network = assemble(
    {
      name: 'file',
      multiple: 1,
      heads: ownHeads,
      trunk(image, heads) {
        const laid = onImage({ ...stored, graph }, image, path, keptHeadsHint);
        load = laid.load;
        const [features, ...own] = laid.outputs;
        outputs = outputsFor(shape.tasks, own, stored.about?.tasks, path);
        return sharedFeatures(features!, heads);
      },
    },
    { ...shape, tasks },
    schemes,
  );
  const representations = shape.tasks.length > 1 ? borderOf(network) : network.representations;
  return { network: { ...network, representations }, load };
}

const newHeadsHint =
  'Give images with as many channels as it was made for, or name an earlier layer by until.';

/** A whole network may flatten its images, and its dense layers then fit images of one size only. */
const keptHeadsHint =
  'With heads: kept all of it is taken. Give images of the size that it was made for, or leave heads out.';

function onImage(stored: StoredNetwork, image: tf.SymbolicTensor, path: string, hint: string): LaidLayers {
  try {
    return layOnImage(stored, image, path);
  } catch (error) {
    if (!isOverparamError(error) || error.code !== 'shapes-mismatch') throw error;
    throw new OverparamError(
      'invalid-options',
      `backbone "file": "${path}" does not fit images of ${image.shape.slice(1).join('x')}: ${error.message} ${hint}`,
      { cause: error },
    );
  }
}
