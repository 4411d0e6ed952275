import { parametersOf, statesOf } from '@overparam/core-reparam';
import type { Phase } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from '../../src/train/network';

/** Everything moves on the sum of the losses, as in the joint routine. */
export const joint: Phase = {
  name: 'joint',
  stage: 'expanded',
  moves: [{}],
  rates: [],
  loss: 'balanced',
};

/** An expanded network as the runner's step takes it, all of it shared. */
export function trainedNetwork(model: tf.LayersModel): TrainedNetwork {
  return {
    stage: 'expanded',
    model,
    layout: { owner: () => null, representations: [] },
    parameters: parametersOf(model).map((parameter) => ({ ...parameter, owner: null })),
    states: statesOf(model),
    trunks: [],
  };
}
