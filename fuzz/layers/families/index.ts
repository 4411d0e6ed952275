import type { Family } from '../case';
import { activationLayer, activationOps, activationsWithAxis } from './activations';
import { convolution2d, convolutionLayer, fusedConvolution, ownConvolution } from './convolution';
import { fusedProduct, matrixProduct } from './dense';
import { depthwise, fusedDepthwise, separable } from './depthwise';
import { binaryOps, comparisonOps, unaryOps } from './elementwise';
import { crossEntropies, maskedCosines, maskedErrors, stockCrossEntropy } from './losses';
import { moreLayers } from './more-layers';
import { nonFinite } from './non-finite';
import { batchStatistics, inferenceNorm, normLayer, trainingNorm } from './norm';
import { optimiserUpdates } from './optimisers';
import { poolingWithPlaces, unitVectors, unpooling } from './places';
import { averagePooling, maximumPooling, poolingLayer } from './pooling';
import { countingOps, longSums, reducingOps } from './reductions';
import { alignedResizing, resizing, upsampling } from './resize';
import { movingOps } from './shapes';
import { transposedConvolution } from './transposed';
import { volumePooling } from './volumes';

/** All kinds of layers. */
export const families: readonly Family[] = [
  ownConvolution,
  convolution2d,
  fusedConvolution,
  convolutionLayer,
  depthwise,
  fusedDepthwise,
  separable,
  transposedConvolution,
  maximumPooling,
  averagePooling,
  poolingLayer,
  matrixProduct,
  fusedProduct,
  trainingNorm,
  batchStatistics,
  inferenceNorm,
  normLayer,
  activationOps,
  activationsWithAxis,
  activationLayer,
  binaryOps,
  comparisonOps,
  unaryOps,
  resizing,
  alignedResizing,
  upsampling,
  reducingOps,
  countingOps,
  longSums,
  movingOps,
  poolingWithPlaces,
  unpooling,
  unitVectors,
  crossEntropies,
  maskedErrors,
  maskedCosines,
  stockCrossEntropy,
  optimiserUpdates,
  moreLayers,
  nonFinite,
  volumePooling,
];
