import type { LayersModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

type Layer = tf.layers.Layer;

/** A layer of a network, and where it is. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** Its name; in a model that is a layer itself, behind that one's: `base/conv`. */
  readonly path: string;
  /** Whether a model that it is in is frozen. */
  readonly frozen: boolean;
}

/** All layers of a network, those of models inside of it in the place of these, each once. */
export function layersWithin(model: LayersModel): PlacedLayer[] {
  const seen = new Set<Layer>();
  const within = (container: LayersModel, prefix: string, outer: boolean): PlacedLayer[] => {
    const frozen = outer || !container.trainable;
    return container.layers.flatMap((layer) => {
      if (seen.has(layer)) return [];
      seen.add(layer);
      const path = prefix + layer.name;
      return layer instanceof tf.LayersModel ? within(layer, `${path}/`, frozen) : [{ layer, path, frozen }];
    });
  };
  return within(model, '', false);
}

/** How often a network runs each of its layers in one pass. */
export function timesRun(model: LayersModel): Map<Layer, number> {
  const times = new Map<Layer, number>();
  const within = (container: LayersModel, outer: number) => {
    const { containerNodes } = container as unknown as { containerNodes: Set<string> };
    for (const layer of new Set(container.layers)) {
      // A Sequential that has not run yet has not looked for its nodes; it is a chain.
      const nodes = layer.inboundNodes.filter((_, index) => containerNodes.has(`${layer.name}_ib-${index}`));
      const count = outer * Math.max(1, nodes.length);
      if (layer instanceof tf.LayersModel) within(layer, count);
      else times.set(layer, (times.get(layer) ?? 0) + count);
    }
  };
  within(model, 1);
  return times;
}
