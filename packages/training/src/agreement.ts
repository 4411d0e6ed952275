import { compile, type Precision, widened } from '@overparam/engine';
import type { OpenDataset, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { evaluationBatches } from './batches';
import { predict } from './evaluate';
import { requireSplit } from './splits';

/** How near predictions in another precision are to those in float32. */
export interface Agreement {
  /** max|difference| / max|reference| over all predictions of the task. */
  readonly gap: number;
  /** Share of examples with the same largest class, for tasks with a class an example; else null. */
  readonly sameClass: number | null;
}

/** Which examples {@link predictionAgreement} looks at. */
export interface AgreementOptions {
  readonly split: string;
  /** Examples in one batch, which changes no figure. */
  readonly batch: number;
  /** Number of examples, the first of the split. */
  readonly size: number;
  readonly precision: Precision;
  readonly signal?: AbortSignal;
}

interface Seen {
  difference: number;
  reference: number;
  same: number;
}

/** What one batch shows: two numbers for the gap, and how many classes agree. */
function compared(given: tf.Tensor, reference: tf.Tensor): tf.Tensor1D {
  const same = tf.sum(tf.cast(tf.equal(tf.argMax(given, -1), tf.argMax(reference, -1)), 'float32'));
  return tf.stack([tf.max(tf.abs(tf.sub(given, reference))), tf.max(tf.abs(reference)), same]) as tf.Tensor1D;
}

/**
 * How near a network's predictions in a precision are to its predictions in float32, by task.
 *
 * @param networks  as `createEvaluator` takes them; they must not change meanwhile
 * @throws OverparamError `missing-split`, `precision-unsupported`
 */
export async function predictionAgreement(
  networks: tf.LayersModel | readonly tf.LayersModel[],
  tasks: readonly Task[],
  dataset: OpenDataset,
  { split, batch, size, precision, signal }: AgreementOptions,
): Promise<Record<string, Agreement>> {
  requireSplit(dataset, split);
  const run = (inPrecision: Precision) =>
    compile(
      ({ x }) => Object.fromEntries(predict(networks, x!).map((y, index) => [`${index}`, widened(y)])),
      { precision: inPrecision, frozen: true },
    );
  const [given, reference] = [run(precision), run('float32')];
  const seen: Seen[] = tasks.map(() => ({ difference: 0, reference: 0, same: 0 }));
  try {
    for await (const { tensors } of evaluationBatches(dataset, { split, size, batch })) {
      const inputs = { x: tensors.x! };
      const outputs = [given(inputs), reference(inputs)] as const;
      try {
        signal?.throwIfAborted();
        for (const [index, each] of seen.entries()) {
          const numbers = tf.tidy(() => compared(outputs[0][index]!, outputs[1][index]!));
          const [difference, most, same] = await numbers.data();
          numbers.dispose();
          each.difference = Math.max(each.difference, difference!);
          each.reference = Math.max(each.reference, most!);
          each.same += same!;
        }
      } finally {
        tf.dispose([outputs[0], outputs[1], tensors]);
      }
    }
  } finally {
    given.dispose();
    reference.dispose();
  }
  return Object.fromEntries(
    tasks.map(({ name, form }, index) => {
      const { difference, reference: most, same } = seen[index]!;
      return [name, { gap: difference / (most || 1), sameClass: form === 'class' ? same / size : null }];
    }),
  );
}
