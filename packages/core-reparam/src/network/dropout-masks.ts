import { foldKey, type Key } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { DropoutLayer, type Masks } from './dropout-layer';
import { readGraph } from './read-graph';
import { layersWithin } from './walk';

/**
 * Draws the masks of all dropout layers of an expanded network for one batch, by layer name, with `#2`, `#3` and so on
 * behind it for the further uses of a layer; none where it has no such layer. They are inputs of a compiled step:
 * `forward(model, x, { mode: 'train', masks })`.
 *
 * @param batch  number of examples
 * @param key    of this update
 * @returns      tensors that the caller disposes
 */
export function dropoutMasks(model: LayersModel, batch: number, key: Key): Record<string, Tensor> {
  const masks: Record<string, Tensor> = {};
  for (const { layer, path } of dropoutsOf(model)) {
    for (const [index, shape] of shapesAt(model, layer).entries()) {
      const sides = shape.slice(1);
      if (sides.includes(null)) {
        throw new OverparamError(
          'open-shape',
          `The dropout layer "${path}" has inputs of open size [${sides.map((side) => side ?? '?').join(', ')}], so its masks cannot be drawn beforehand. Build the network for a fixed input size.`,
        );
      }
      const name = nameOf(path, index);
      masks[name] = layer.mask([batch, ...(sides as number[])], foldKey(key, name));
    }
  }
  return masks;
}

const nameOf = (path: string, use: number) => (use === 0 ? path : `${path}#${use + 1}`);

function dropoutsOf(model: LayersModel): { readonly layer: DropoutLayer; readonly path: string }[] {
  return layersWithin(model).flatMap(({ layer, path }) =>
    layer instanceof DropoutLayer && layer.settings.rate > 0 ? [{ layer, path }] : [],
  );
}

/** Shapes of a layer's input at each of its uses in a pass. */
function shapesAt(model: LayersModel, layer: DropoutLayer): readonly tf.Shape[] {
  const simple = layer.inboundNodes.length === 1 && model.layers.includes(layer);
  return simple ? [layer.inboundNodes[0]!.inputShapes[0] as tf.Shape] : shapesInside(model, layer);
}

const known = new WeakMap<LayersModel, ReadonlyMap<number, readonly tf.Shape[]>>();

function shapesInside(model: LayersModel, { id }: DropoutLayer): readonly tf.Shape[] {
  const shapes =
    known.get(model) ??
    new Map(
      readGraph(model)
        .withInner()
        .flatMap(({ layers }) => [...layers.values()])
        .map((layer) => [layer.id, layer.calls.flatMap(({ inputShapes }) => inputShapes)]),
    );
  known.set(model, shapes);
  return shapes.get(id)!;
}

/**
 * Hands masks out to the layers of one pass. A layer that is used several times takes those that fit its input one
 * after the other; where tfjs runs it more often, as in a model of several outputs inside another, it begins again.
 *
 * @param masks  as {@link dropoutMasks} names them; borrowed
 */
export function masksFor(
  model: LayersModel,
  masks: Readonly<Record<string, Tensor>> | undefined,
): Masks | null {
  if (!masks) return null;
  // Looked up where a layer asks: most networks have no such layer.
  let paths: ReadonlyMap<DropoutLayer, string> | null = null;
  const taken = new Map<string, number>();
  return {
    take(layer, inputShape) {
      paths ??= new Map(dropoutsOf(model).map((placed) => [placed.layer, placed.path]));
      const path = paths.get(layer)!;
      const fitting: Tensor[] = [];
      for (let use = 0; masks[nameOf(path, use)]; use++) {
        const mask = masks[nameOf(path, use)]!;
        if (tf.util.arraysEqual(mask.shape, layer.maskShape(inputShape))) fitting.push(mask);
      }
      const key = `${path} ${inputShape}`;
      const count = taken.get(key) ?? 0;
      taken.set(key, count + 1);
      return fitting[count % fitting.length];
    },
  };
}
