import { apply, ResizeAligned, UnitLength } from '@overparam/layers';
import type { NetworkTask } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';

/** Directions at length 1, where a task asks for that; other numbers as they are. */
export function unitLengthWhereAsked(y: tf.SymbolicTensor, { name, unitLength }: NetworkTask) {
  return unitLength ? apply(new UnitLength({ name: `${name}_unit` }), y) : y;
}

/**
 * What heads end with that answer for every pixel: answers of another size than the input are resized bilinearly,
 * corner on corner, and directions scaled to length 1. Classes stay logits.
 *
 * @param y     `[n, h, w, outputs]`
 * @param size  height and width of the network's input
 */
export function atInputSize(
  y: tf.SymbolicTensor,
  task: NetworkTask,
  [height, width]: readonly [number, number],
): tf.SymbolicTensor {
  const fits = y.shape[1] === height && y.shape[2] === width;
  const resize = new ResizeAligned({ name: `${task.name}_resize`, height, width });
  return unitLengthWhereAsked(fits ? y : apply(resize, y), task);
}
