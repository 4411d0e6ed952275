/**
 * The layers that stock TensorFlow.js lacks and networks for dense prediction need. Load this module beside
 * plain TensorFlow.js before a `model.json` that holds them; it depends on nothing else.
 *
 * @packageDocumentation
 */
import * as tf from '@tensorflow/tfjs';
import { ExpertSelection, LearnedVector } from './experts';
import { MaxPoolWithPlaces, MaxUnpool } from './places';
import { ResizeAligned, ResizeHalfPixel } from './resizing';
import { GatedSum, WeightedSum } from './sums';
import { UnitLength } from './unit-length';

export * from './experts';
export * from './places';
export * from './resizing';
export * from './sums';
export * from './unit-length';

for (const layer of [
  MaxPoolWithPlaces,
  MaxUnpool,
  ResizeAligned,
  ResizeHalfPixel,
  UnitLength,
  WeightedSum,
  GatedSum,
  LearnedVector,
  ExpertSelection,
])
  tf.serialization.registerClass(layer);
