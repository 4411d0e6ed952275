import {
  ExpertSelection,
  GatedSum,
  LearnedVector,
  MaxPoolWithPlaces,
  MaxUnpool,
  ResizeAligned,
  ResizeHalfPixel,
  UnitLength,
  WeightedSum,
} from '@overparam/layers';
import { setWeights } from '../architectures/weights';
import { type LayerMaker, numbers, plainLayers } from './made-layer';

/** Makers of the layers of this project that TensorFlow.js lacks. */
export const ownMakers: Readonly<Record<string, LayerMaker>> = {
  OverparamMaxPoolWithPlaces: (_, name) => plainLayers(new MaxPoolWithPlaces({ name })),
  OverparamMaxUnpool: (_, name) => plainLayers(new MaxUnpool({ name })),
  OverparamUnitLength: (_, name) => plainLayers(new UnitLength({ name })),
  OverparamResizeAligned: (config, name) =>
    plainLayers(new ResizeAligned({ name, height: config.count('height'), width: config.count('width') })),
  OverparamResizeHalfPixel: (config, name) => {
    const height = config.optionalNumber('height');
    if (height === null) return plainLayers(new ResizeHalfPixel({ name, factor: config.pair('factor') }));
    return plainLayers(
      new ResizeHalfPixel({ name, height: config.count('height'), width: config.count('width') }),
    );
  },
  OverparamGatedSum: (_, name) => plainLayers(new GatedSum({ name })),
  OverparamExpertSelection: (config, name) =>
    plainLayers(new ExpertSelection({ name, gamma: config.number('gamma', 1) })),
  OverparamLearnedVector: (config, name) => {
    const units = config.count('units');
    const layer = new LearnedVector({ name, units });
    return {
      layers: [layer],
      weights: [['vector', [units]]],
      load: ([vector]) => setWeights(layer, { vector: numbers(vector!) }),
    };
  },
  OverparamWeightedSum: (config, name, shapes) => {
    config.skip('initial');
    const layer = new WeightedSum({ name, initial: shapes.map(() => 1) });
    return {
      layers: [layer],
      weights: [['factors', [shapes.length]]],
      load: ([factors]) => setWeights(layer, { factors: numbers(factors!) }),
    };
  },
};
