import { apply } from '@overparam/layers';
import { pooledHeadNamed } from '@overparam/mtl-heads';
import type { Head, Network, NetworkShape } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { assemble, type Features, type Plan, sharedFeatures } from './assemble';
import type { Initialisation } from './initialise';
import { ownHeads } from './own-heads';

/** What a network with one answer an image is made of, behind its name and in front of its heads. */
export interface SmallPlan extends Pick<Features, 'schemeOf'> {
  /** See `Plan`; 1 where left out. */
  readonly multiple?: Plan['multiple'];
  /** From the image `[n, h, w, channels]` to features `[n, h', w', features]`. */
  trunk(image: tf.SymbolicTensor): tf.SymbolicTensor;
  /**
   * From the trunk's map to the features `[n, features]` that heads share where none asks for more than a mean; the mean, in
   * `global_pool`, where left out.
   */
  end?(map: tf.SymbolicTensor): tf.SymbolicTensor;
}

/** Whether all tasks share one vector an image, as no head asks for more. */
export const shareVector = (heads: readonly Head[]): boolean => heads.every(({ takesMean }) => takesMean);

/** The mean over a map, in the layer `global_pool`. */
export const globalPool = (map: tf.SymbolicTensor): tf.SymbolicTensor =>
  apply(tf.layers.globalAveragePooling2d({ name: 'global_pool' }), map);

/** What {@link assembleSmall} puts together. */
export function smallPlan(name: string, shape: NetworkShape, plan: SmallPlan): Plan {
  const classifier = pooledHeadNamed((task) =>
    shape.tasks.length === 1 ? 'classifier' : `classifier_${task}`,
  );
  const { end = globalPool, schemeOf } = plan;
  return {
    name,
    multiple: plan.multiple ?? 1,
    heads: { ...ownHeads, class: classifier },
    trunk(image, heads) {
      const map = plan.trunk(image);
      const features = sharedFeatures(shareVector(heads) ? end(map) : map, heads);
      return schemeOf ? { ...features, schemeOf } : features;
    },
  };
}

/**
 * Builds a network for small images: a trunk, global average pooling and a head for each task.
 *
 * Where no head asks for more than the features' mean, all share one, which `global_pool` gives; otherwise heads get
 * the trunk's map. The dense layer of a single task with classes is named `classifier`, those of several
 * `classifier_<task>`.
 *
 * @param name   the model's name
 * @throws OverparamError as `assemble` does
 */
export function assembleSmall(
  name: string,
  shape: NetworkShape,
  initialisation: Initialisation,
  plan: SmallPlan,
): Network {
  // Heads as PyTorch makes them by default.
  return assemble(smallPlan(name, shape, plan), shape, { shared: initialisation, own: 'uniform' });
}
