import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { type ByLayer, type LayerRecord, ownKernel } from './layer-records';
import type { TrainedNetwork } from './network';

/** What a network takes over from the records of another run, to tell what of a method's effect is that alone. */
export interface Following {
  /**
   * `norms`: after each update every kernel is scaled to the norm that the other run's had then. `rates`: each layer's
   * kernel moves by its update times the gain that was measured there.
   */
  readonly what: 'norms' | 'rates';
  /** Of the other run, in the order of their updates. */
  readonly records: readonly LayerRecord[];
}

type Point = readonly [update: number, value: number];

/** What was recorded of each layer, by update. */
function pointsOf({ what, records }: Following): Map<string, Point[]> {
  const points = new Map<string, Point[]>();
  for (const record of records) {
    for (const [layer, value] of Object.entries((what === 'norms' ? record.norms : record.gains) ?? {})) {
      const own = points.get(layer) ?? [];
      own.push([record.update, value]);
      points.set(layer, own);
    }
  }
  return points;
}

/** Between records along a line; before the first and after the last as there. */
function valueAt(points: readonly Point[], update: number): number {
  const after = points.findIndex(([at]) => at >= update);
  if (after === -1) return points.at(-1)![1];
  const [end, last] = points[after]!;
  if (end === update || after === 0) return last;
  const [begin, first] = points[after - 1]!;
  return first + ((last - first) * (update - begin)) / (end - begin);
}

/** The numbers that a run follows, by layer, at a number of updates done. */
export function followedAt(following: Following): (update: number) => ByLayer {
  const points = pointsOf(following);
  return (update) =>
    Object.fromEntries([...points].map(([layer, own]) => [layer, valueAt(own, update)] as const));
}

/** Kernels of a network that follow another run's, by layer. */
export class Follower {
  readonly #at: (update: number) => ByLayer;
  readonly #what: Following['what'];
  readonly #kernels: ReadonlyMap<string, tf.Variable>;

  /**
   * @param network  whose layers train their kernels as they are
   * @throws OverparamError `unsupported-following` where the layers are not those of the other run, or where a norm is a
   *   part of the recorded kernels
   */
  constructor(following: Following, { parameters }: Pick<TrainedNetwork, 'parameters'>) {
    const layers = [...pointsOf(following).keys()];
    const folded = new Set(following.records.flatMap((record) => record.folded ?? []));
    const kernels = layers.flatMap((layer) => {
      const kernel = ownKernel(parameters, layer);
      return kernel ? [[layer, kernel.variable] as const] : [];
    });
    const [missing] = layers.filter((layer) => !kernels.some(([found]) => found === layer));
    if (layers.length === 0 || missing !== undefined) {
      throw new OverparamError(
        'unsupported-following',
        layers.length === 0
          ? `The run that is followed has no records of ${following.what === 'norms' ? 'norms' : 'gains'}: its layers have norms in their branches, or layerRecords was off. Follow a run of a method with one kernel a layer.`
          : `The run that is followed has records of the layer "${missing}", which this network has not, or not as one kernel that trains. Follow it with the plain network of the same backbone.`,
      );
    }
    const [wrong] = following.what === 'norms' ? layers.filter((layer) => folded.has(layer)) : [];
    if (wrong !== undefined) {
      throw new OverparamError(
        'unsupported-following',
        `Norms cannot be followed at the layer "${wrong}": the other run's method has taken the norm behind it over, so that what was recorded is the size of kernel and norm together. Follow a run of a method that leaves norms where they are.`,
      );
    }
    this.#what = following.what;
    this.#at = followedAt(following);
    this.#kernels = new Map(kernels);
  }

  /**
   * Does an update as it is followed. Where norms are followed, a run's first update begins with the other's norms too.
   *
   * @param update  updates done before
   * @param work    changes the kernels as if nothing were followed
   */
  async around<Result>(update: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#what === 'norms') {
      if (update === 0) this.#scale(0);
      const result = await work();
      this.#scale(update + 1);
      return result;
    }
    const before = new Map(
      [...this.#kernels].map(([layer, kernel]) => [layer, tf.tidy(() => tf.clone(kernel as tf.Tensor))]),
    );
    try {
      const result = await work();
      const gains = this.#at(update);
      for (const [layer, kernel] of this.#kernels) {
        const begin = before.get(layer)!;
        tf.tidy(() => kernel.assign(tf.add(begin, tf.mul(tf.sub(kernel, begin), gains[layer]!))));
      }
      return result;
    } finally {
      tf.dispose([...before.values()]);
    }
  }

  #scale(update: number): void {
    const norms = this.#at(update);
    for (const [layer, kernel] of this.#kernels) {
      tf.tidy(() => {
        const length = tf.sqrt(tf.sum(tf.square(kernel)));
        // A kernel of zeros has no direction to be longer in.
        const factor = tf.where(tf.greater(length, 0), tf.div(norms[layer]!, length), tf.scalar(1));
        kernel.assign(tf.mul(kernel, factor));
      });
    }
  }
}

/**
 * Refuses a run that follows another and averages its weights: the averages would be those of what nobody trained.
 *
 * @throws OverparamError `unsupported-following`
 */
export function checkFollowing(following: Following | null, averages: boolean): void {
  if (following === null || !averages) return;
  throw new OverparamError(
    'unsupported-following',
    'follows and averageWeights cannot be together: weights are averaged within an update, and what is followed changes them after it. Leave averageWeights out of this row and of the one that it follows.',
  );
}
