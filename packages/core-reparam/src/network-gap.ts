import { foldKey, type Key, uniformTensor } from '@overparam/engine';
import type { LayersModel, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { gapBetween } from './closeness';
import { forward } from './forward';
import { type Decisions, recordDecisions } from './network/decisions';
import { trunkTasks } from './network/parameters';
import { probeError } from './probes';

/** What rounding does to a network that amplifies it differs tenfold from draw to draw: the worst of some counts. */
const roundings = [0, 1, 2, 3];

/** A whole network's gap on one set of statistics, and what is allowed there. */
export interface NetworkGap {
  readonly gap: number;
  readonly tolerance: number;
}

/** How whole networks are compared. */
export interface Probing {
  /** Whose trunk is meant, where the expanded network has one for each task; null for all of it. */
  readonly task: string | null;
  readonly tolerance: number;
  /** Whether a network that amplifies rounding is allowed more. */
  readonly forgiving: boolean;
  /** Inputs of the networks; borrowed. */
  readonly probes: readonly Tensor[];
  /** Decides what rounding is drawn. */
  readonly key: Key;
}

/**
 * Compares an expanded network with a plain one, in inference. Both make the expanded one's choices.
 *
 * @throws OverparamError `probe-failed` where one of them cannot be run on the probes
 */
export function networkGap(expanded: LayersModel, other: LayersModel, probing: Probing): NetworkGap {
  const { task, tolerance, forgiving, key } = probing;
  const probes = [...probing.probes];
  return tf.tidy(() => {
    const { recording, replay, dispose } = recordDecisions();
    const run = (decisions: Decisions) => {
      const outputs = running(expanded, probes, () =>
        forward(expanded, probes, { mode: 'infer', task, decisions }),
      );
      return outputsOf(expanded, outputs, task);
    };
    try {
      const reference = run(recording);
      const found = running(other, probes, () =>
        forward(other, probes, { mode: 'infer', decisions: replay() }),
      );
      const gap = largestGap(found, reference);
      const draws = forgiving && gap > tolerance ? roundings : [];
      const gaps = draws.map((draw) =>
        withRoundedWeights(expanded, foldKey(key, 'rounding', draw), () =>
          largestGap(run(replay()), reference),
        ),
      );
      const rounding = Math.max(0, ...gaps);
      return { gap, tolerance: Math.max(tolerance, Math.min(10 * tolerance, 3 * rounding)) };
    } finally {
      dispose();
    }
  });
}

function running<Result>(model: LayersModel, probes: readonly Tensor[], run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw probeError(model, probes, error);
  }
}

/** Outputs of one trunk, or of the network. */
function outputsOf(model: LayersModel, outputs: Tensor[], task: string | null): Tensor[] {
  return task === null ? outputs : [outputs[trunkTasks(model).indexOf(task)]!];
}

const largestGap = (candidates: readonly Tensor[], references: readonly Tensor[]) =>
  Math.max(...references.map((reference, index) => gapBetween(candidates[index]!, reference)));

/** Runs something with up to half a unit in the last place, drawn, on every weight and statistic. */
function withRoundedWeights<Result>(model: LayersModel, key: Key, run: () => Result): Result {
  const variables = [...new Set(model.weights)]
    .map((weight) => weight.read() as Tensor as Variable)
    .filter(({ dtype }) => dtype === 'float32');
  const exact = variables.map((variable) => tf.clone(variable));
  try {
    tf.tidy(() => {
      const half = 2 ** -24;
      variables.forEach((variable, index) => {
        const factor = uniformTensor(foldKey(key, index), variable.shape, 1 - half, 1 + half);
        variable.assign(tf.mul(variable, factor) as Variable);
      });
    });
    return run();
  } finally {
    variables.forEach((variable, index) => {
      variable.assign(exact[index] as Variable);
    });
    tf.dispose(exact);
  }
}
