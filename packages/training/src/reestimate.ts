import { dropoutMasks, forward } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TrainingBatches } from './batches';
import type { TrainedNetwork } from './network';

/** What statistics are estimated from. */
export interface ReestimateOptions {
  /** Read whole: workers that train together come to the same statistics, which are those of one process. */
  readonly batches: Pick<TrainingBatches, 'readWhole'>;
  /** The first batch, as the run counts them. */
  readonly from: number;
  /** How many. */
  readonly count: number;
  /** Decides dropout masks. */
  readonly key: Key;
  /** Stops it; it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Gives the norms of a network the mean of the statistics of some training batches, each as training sees it, in place of
 * what they had: PyTorch's `update_bn`. Weights that are averages have other activations than any that were trained.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html
 *
 * @throws OverparamError `unsupported-averaging` where several tasks run through the same norms one after the other, which
 *   would count the last task most
 */
export async function reestimateNorms(
  { model, states, trunks, apart }: Pick<TrainedNetwork, 'model' | 'states' | 'trunks' | 'apart'>,
  { batches, from, count, key, signal }: ReestimateOptions,
): Promise<void> {
  if (!states.some(({ statistic }) => statistic)) return;
  if (trunks.length > 0 && !apart) {
    throw new OverparamError(
      'unsupported-averaging',
      'averageWeights by swa gives norms their statistics anew, and here the trunks of several tasks share them while they are drawn together. Average by ema, or choose another multiTask.',
    );
  }
  for (let index = 0; index < count; index++) {
    signal?.throwIfAborted();
    const { x, ...others } = await batches.readWhole(from + index);
    const masks = dropoutMasks(model, x!.shape[0]!, foldKey(key, 'reestimate', index));
    try {
      tf.tidy(() => {
        forward(model, x!, { mode: 'train', masks, momentum: index / (index + 1) });
      });
    } finally {
      tf.dispose([x!, others, masks]);
    }
  }
}
