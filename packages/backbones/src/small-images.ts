import { apply } from '@overparam/layers';
import { pooledHeadNamed } from '@overparam/mtl-heads';
import type { Network, NetworkShape } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { assemble, sharedFeatures } from './assemble';
import type { Initialisation } from './initialise';
import { ownHeads } from './own-heads';

/**
 * Builds a network for small images: a trunk, global average pooling and a head for each task.
 *
 * Where no head asks for more than the features' mean, all share one, which `global_pool` gives; otherwise heads get
 * the trunk's map. The dense layer of a single task with classes is named `classifier`, those of several
 * `classifier_<task>`.
 *
 * @param name   the model's name
 * @param trunk  from the image `[n, h, w, channels]` to features `[n, h', w', features]`
 * @throws OverparamError as `assemble` does
 */
export function assembleSmall(
  name: string,
  shape: NetworkShape,
  initialisation: Initialisation,
  trunk: (image: tf.SymbolicTensor) => tf.SymbolicTensor,
): Network {
  const classifier = pooledHeadNamed((task) =>
    shape.tasks.length === 1 ? 'classifier' : `classifier_${task}`,
  );
  return assemble(
    {
      name,
      multiple: 1,
      heads: { ...ownHeads, class: classifier },
      trunk(image, heads) {
        const map = trunk(image);
        const pooling = tf.layers.globalAveragePooling2d({ name: 'global_pool' });
        return sharedFeatures(heads.every(({ takesMean }) => takesMean) ? apply(pooling, map) : map, heads);
      },
    },
    shape,
    // Heads as PyTorch makes them by default.
    { shared: initialisation, own: 'uniform' },
  );
}
