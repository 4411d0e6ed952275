import * as tf from '@tensorflow/tfjs';
import { isRecord } from './json';

/** What tfjs's own layers leave out of their configs, though their constructors take it: in JSON, and in the layer. */
const forgotten: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  SeparableConv2D: [['depth_multiplier', 'depthMultiplier']],
};

/**
 * Repairs what tfjs writes wrongly of a network, so that it can read it: a regulariser in the place of a constraint, and options
 * that are left out.
 *
 * @param topology  what `model.toJSON(null, false)` gave; changed in place
 */
export function repairTopology(topology: unknown, model: tf.LayersModel): void {
  const whole = isRecord(topology) ? (topology.model_config ?? topology) : topology;
  if (!isRecord(whole)) return;
  repairLayers(whole, model);
}

function layersIn(whole: Record<string, unknown>): Record<string, unknown>[] {
  const list = isRecord(whole.config) ? whole.config.layers : whole.config;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function repairLayers(whole: Record<string, unknown>, model: tf.LayersModel): void {
  for (const written of layersIn(whole)) {
    const config = isRecord(written.config) ? written.config : {};
    const name = written.name ?? config.name;
    const layer = model.layers.find((own) => own.name === name);
    if (layer instanceof tf.LayersModel) repairLayers(written, layer);
    for (const [key, own] of forgotten[String(written.class_name)] ?? []) {
      const value = (layer as unknown as Record<string, unknown> | undefined)?.[own];
      if (value !== undefined) config[key] = value;
    }
    const { depthwise_constraint: constraint } = config;
    if (isRecord(constraint) && constraint.class_name === 'L1L2') config.depthwise_constraint = null;
  }
}
