import {
  type Precision,
  type Share,
  shareOf,
  WorkerSums,
  type Workers,
  withSharedNorms,
} from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { Recipe } from './recipe';

/** Processes that train one network together, and how. Each of them runs the same plan. */
export interface Team extends Workers {
  /** Whose statistics norms take in training: those of a worker's own examples, or of the whole batch. */
  readonly norms: 'own' | 'synchronised';
  /** What gradients are sent in. They are float32 before and after. */
  readonly gradients: Precision;
  /** Tells the sums of a run from those of others, where a process trains several one after the other; none where left out. */
  readonly run?: string;
}

/** A team at work on batches of one size. */
export interface Teamwork {
  readonly team: Team;
  /** This worker's examples. */
  readonly share: Share;
}

/** A team's work on batches of a size. */
export function teamworkOf(team: Team, batch: number): Teamwork {
  return { team, share: shareOf(team, batch) };
}

/** The worker's rows of a tensor that has one for each example of the batch; a new tensor. */
export function shareOfRows<T extends tf.Tensor>(x: T, { start, end }: Share): T {
  return tf.tidy(() => tf.slice(x, [start], [end - start])) as T;
}

/** What a step does where it is shared: its sums, the share of the batch, and what depends on both. */
export interface SharedStep extends Teamwork {
  readonly sums: WorkerSums;
}

/**
 * Runs the work of a step with its sums over workers; with null where there is no team.
 *
 * @param name  that no other step of the run has
 */
export function sharedStep<Result>(
  work: Teamwork | null,
  name: string,
  run: (shared: SharedStep | null) => Result,
): Result {
  if (work === null) return run(null);
  const { run: of = '' } = work.team;
  const sums = new WorkerSums(work.team, `${of}/${name}`);
  const shared = { ...work, sums };
  if (work.team.norms === 'own') return run(shared);
  return withSharedNorms(sums, work.share, () => run(shared));
}

/** Sums of scalars over workers, in one go; themselves where there is no team. */
export function summedScalars<T extends tf.Tensor>(shared: SharedStep | null, scalars: readonly T[]): T[] {
  if (shared === null || scalars.length === 0) return [...scalars];
  const sums = shared.sums.sum(tf.stack(scalars.map((scalar) => tf.cast(scalar, 'float32'))));
  return scalars.map((scalar, index) =>
    tf.cast(tf.slice(sums as tf.Tensor1D, [index], [1]).asScalar(), scalar.dtype),
  ) as unknown as T[];
}

/** Gradients by name, summed over workers. */
export function summedGradients(
  shared: SharedStep | null,
  gradients: Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  if (shared === null) return { ...gradients };
  const names = Object.keys(gradients);
  const half = shared.team.gradients === 'bfloat16';
  const sums = shared.sums.sumAll(
    names.map((name) => gradients[name]!),
    half,
  );
  return Object.fromEntries(names.map((name, index) => [name, sums[index]!]));
}

/** As {@link summedGradients}, of a list with gaps. */
export function summedList(
  shared: SharedStep | null,
  gradients: readonly (tf.Tensor | null)[],
): (tf.Tensor | null)[] {
  const named = Object.fromEntries(
    gradients.flatMap((gradient, index) => (gradient ? [[String(index), gradient]] : [])),
  );
  const sums = summedGradients(shared, named);
  return gradients.map((_, index) => sums[index] ?? null);
}

/**
 * Refuses what a team cannot do as one process would.
 *
 * @throws OverparamError `workers-unsupported`
 */
export function checkTeam(
  team: Team | null,
  recipe: Pick<Recipe, 'batch' | 'regulariser' | 'recompute' | 'following' | 'layerRecords'>,
): void {
  if (team === null) return;
  const refuse = (why: string) => {
    throw new OverparamError('workers-unsupported', why);
  };
  if (team.count > recipe.batch) {
    refuse(
      `batch: ${recipe.batch} has fewer examples than there are workers (${team.count}). Choose a larger batch, or at most ${recipe.batch} workers.`,
    );
  }
  if (recipe.regulariser !== null) {
    refuse(
      `regulariser "${recipe.regulariser.part.name}" compares the examples of a batch with each other, and each worker has a share of them. Leave it out, or train with one worker.`,
    );
  }
  if (recipe.following !== null) {
    refuse(
      'follows changes weights by the records of another run, which the first worker alone has. Train the controls of a comparison with one worker.',
    );
  }
  if (recipe.layerRecords !== null && recipe.layerRecords.gains !== null) {
    refuse(
      'layerRecords.gains is measured on the examples of a whole batch, and each worker has a share of them. Set it to null, or train with one worker.',
    );
  }
  if (team.norms === 'synchronised' && recipe.recompute === 'blocks') {
    refuse(
      "recompute: blocks computes norms twice, and synchronised norms wait for all workers each time. Set recompute: none, or norms of each worker's own.",
    );
  }
}
