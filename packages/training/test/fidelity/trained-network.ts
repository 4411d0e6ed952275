import type { Phase } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { trainedNetwork as listed, type TrainedNetwork } from '../../src/network';

/** Everything moves on the sum of the losses, as in the joint routine. */
export const joint: Phase = {
  name: 'joint',
  stage: 'expanded',
  moves: [{}],
  rates: [],
  loss: 'balanced',
};

/** An expanded network as a step takes it, all of it shared. */
export function trainedNetwork(model: tf.LayersModel): TrainedNetwork {
  return listed(model, { owner: () => null, representations: [] });
}
