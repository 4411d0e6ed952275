import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/**
 * The discrete choices that layers make, such as which pixel of a window is the largest. Layers that make one ask
 * for it where the keyword arguments of their call have `decisions`.
 */
export interface Decisions {
  /**
   * @param layer   the layer's name
   * @param choose  makes the layer's own choice
   * @returns       the choice that counts; borrowed
   */
  decide(layer: string, choose: () => Tensor): Tensor;
}

/** Choices of one run, to be repeated by others. */
export interface RecordedDecisions {
  /** For the run whose choices are wanted. */
  readonly recording: Decisions;
  /** For one further run; a layer that the first run did not have chooses for itself. */
  replay(): Decisions;
  /** Frees what was recorded. */
  dispose(): void;
}

/**
 * Lets one network repeat the choices of another. Two networks that agree up to rounding may choose differently
 * between values that are equal up to rounding, and then differ by far more; with the same choices, their outputs
 * differ by what their weights do.
 */
export function recordDecisions(): RecordedDecisions {
  const taken = new Map<string, Tensor[]>();
  const recording: Decisions = {
    decide(layer, choose) {
      const choice = tf.keep(choose());
      taken.set(layer, [...(taken.get(layer) ?? []), choice]);
      return choice;
    },
  };
  const replay = (): Decisions => {
    const used = new Map<string, number>();
    return {
      decide(layer, choose) {
        const use = used.get(layer) ?? 0;
        used.set(layer, use + 1);
        return taken.get(layer)?.[use] ?? choose();
      },
    };
  };
  return { recording, replay, dispose: () => tf.dispose([...taken.values()].flat()) };
}
