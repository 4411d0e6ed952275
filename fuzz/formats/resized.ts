import { ResizeAligned, ResizeHalfPixel } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { Random } from '../networks/random';

/**
 * A drawn network with the layers of this project that resize, behind its first image now and then: stock networks have none.
 *
 * @param seed  of the case; what is drawn of the network itself stays as it is
 */
export function withResizing(model: tf.LayersModel, seed: number): tf.LayersModel {
  const random = new Random(seed + 50_000);
  const image = model.outputs.find(({ shape }) => shape.length === 4);
  if (!image || random.chance(0.5)) return model;
  const [height, width] = [random.integer(1, 9), random.integer(1, 9)];
  const factor = [random.integer(1, 3), random.integer(1, 3)] as [number, number];
  const layer = random.pick([
    () => new ResizeAligned({ name: 'resized', height, width }),
    () => new ResizeHalfPixel({ name: 'resized', height, width }),
    () => new ResizeHalfPixel({ name: 'resized', factor }),
  ])();
  const resized = layer.apply(image) as tf.SymbolicTensor;
  return tf.model({ name: model.name, inputs: model.inputs, outputs: [...model.outputs, resized] });
}
