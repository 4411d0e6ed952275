import type { LayersModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Decisions } from './network/decisions';
import { masksFor } from './network/dropout-masks';
import type { ExpandedLayer } from './network/expanded-layer';
import { placedExpansions, trunkTasks } from './network/parameters';

/** How {@link forward} runs a network. */
export interface ForwardOptions {
  /** `train`: norms use the batch's statistics; `infer`: the running ones. */
  readonly mode: 'train' | 'infer';
  /** The task whose trunk is run, in networks with a trunk for each; all of the others ignore it. */
  readonly task?: string | null;
  /** Whether a pass in training changes running statistics; it does where left out. */
  readonly updateStatistics?: boolean;
  /** In training, what stays of running statistics in place of the norms' own momentum; theirs where left out. */
  readonly momentum?: number;
  /** In training, the masks of the dropout layers, as `dropoutMasks` draws them; borrowed. */
  readonly masks?: Readonly<Record<string, Tensor>>;
  /** `train` runs expansions as training does in a pass that otherwise infers, where they are counted; statistics stay as they are. */
  readonly expansions?: 'train';
  /** Takes part in the discrete choices of layers such as max-pooling with places. */
  readonly decisions?: Decisions;
  /**
   * Filled with the kernels that expansions compose in this pass, by layer name, for `decayPenalty` and for gradients
   * by way of them. The caller disposes them.
   */
  readonly composed?: Map<string, Tensor4D>;
  /**
   * Filled with what comes into those expansions that look at it, `[n, h, w, cin]` at each use, by layer name. The caller
   * disposes them.
   */
  readonly observed?: Map<string, Tensor4D[]>;
}

/**
 * Runs a network and says in which mode: nothing is taken from a global switch.
 *
 * A network with a trunk for each task (see `trunkTasks`) is run once for each, and gives each output from
 * its own task's trunk, unless `task` names one.
 *
 * @param x  `[n, …]`, or one tensor for each of the network's inputs
 * @returns  one tensor for each of its outputs; the caller disposes
 */
export function forward(model: LayersModel, x: Tensor | Tensor[], options: ForwardOptions): Tensor[] {
  const tasks = options.task ? [] : trunkTasks(model);
  const composed: Composed = new Map();
  const observed: Observed = new Map();
  const outputs =
    tasks.length === 0
      ? run(model, x, options, { composed, observed })
      : tasks.map((task, index) => {
          const all = run(model, x, { ...options, task }, { composed, observed });
          for (const [other, output] of all.entries()) if (other !== index) output.dispose();
          return all[index]!;
        });
  if (composed.size + observed.size > 0) {
    const paths = new Map(placedExpansions(model).map(({ layer, path }) => [layer, path]));
    for (const [layer, kernel] of composed) options.composed!.set(paths.get(layer)!, kernel);
    for (const [layer, inputs] of observed) options.observed!.set(paths.get(layer)!, inputs);
  }
  return outputs;
}

/** Composed kernels by the layers themselves: two models inside a network may have layers of one name. */
type Composed = Map<ExpandedLayer, Tensor4D>;
type Observed = Map<ExpandedLayer, Tensor4D[]>;

function run(
  model: LayersModel,
  x: Tensor | Tensor[],
  options: ForwardOptions,
  { composed, observed }: { readonly composed: Composed; readonly observed: Observed },
): Tensor[] {
  const result = model.apply(x, {
    training: options.mode === 'train',
    task: options.task ?? null,
    updateStatistics: options.updateStatistics ?? true,
    momentum: options.momentum ?? null,
    // Null and not left out: under tfjs's own model.fit, which has none, layers draw their own.
    masks: masksFor(model, options.masks),
    decisions: options.decisions ?? null,
    expansions: options.expansions ?? null,
    composed: options.composed ? composed : null,
    observed: options.observed ? observed : null,
  }) as Tensor | Tensor[];
  return Array.isArray(result) ? result : [result];
}
