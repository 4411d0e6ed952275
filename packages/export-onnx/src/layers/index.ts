import type { Converter } from '../emitter';
import { activationLayers } from './activation-layers';
import { convolutions } from './convolutions';
import { merging } from './merging';
import { poolings } from './pooling';
import { products } from './products';
import { quantising } from './quantising';
import { resizing } from './resizing';
import { shaping } from './shaping';
import { vectors } from './vectors';

const nothing: Converter = ({ inputs }) => inputs[0]!.name;

/** How each kind of layer is written, by its class name. */
export const converters: Readonly<Record<string, Converter>> = {
  ...activationLayers,
  ...convolutions,
  ...merging,
  ...poolings,
  ...products,
  ...quantising,
  ...resizing,
  ...shaping,
  ...vectors,
  // These work in training alone.
  ActivityRegularization: nothing,
  AlphaDropout: nothing,
  Dropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  SpatialDropout1D: nothing,
};
