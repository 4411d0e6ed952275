import type { LayerWriter } from '../writer';
import { activationLayers } from './activations';
import { convolutions } from './convolutions';
import { otherLayers } from './others';

/** How each kind of layer is written, by its class name. */
export const writers: Readonly<Record<string, LayerWriter>> = {
  ...activationLayers,
  ...convolutions,
  ...otherLayers,
};
