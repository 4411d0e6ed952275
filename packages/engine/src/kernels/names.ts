/**
 * Names of the kernels that this package adds to tfjs. A backend package may register faster ones under the same
 * names (before its first use); where it does not, the portable forms here run on it.
 *
 * - `TrainingBatchNorm`: inputs x `[..., c]`, gamma, beta `[c]`; attribute epsilon; outputs y, mean, variance (biased).
 * - `TrainingBatchNormGrad`: inputs dy, x, gamma, mean, variance; attribute epsilon; outputs dx, dgamma, dbeta.
 * - `ReluGrad`: inputs dy, x; output dy where x > 0, else 0.
 * - `AllFinite`: inputs 0, 1, ... (float32); output a bool scalar.
 * - `DilatedConv2DBackpropInput`, `DilatedConv2DBackpropFilter`: as tfjs's Conv2DBackpropInput and
 *   Conv2DBackpropFilter, with the further attribute `dilations: [number, number]`. Optional: without them the
 *   gradient is a sum over taps.
 * - `DilatedDepthwiseConv2dBackpropInput`, `DilatedDepthwiseConv2dBackpropFilter`: as tfjs's
 *   DepthwiseConv2dNativeBackpropInput and DepthwiseConv2dNativeBackpropFilter, whose attribute `dilations` tfjs's own
 *   kernels take no notice of. Optional: without them the gradient is refused.
 * - `MaxPlace2x2`: input x `[n, h, w, c]` with even sides; outputs each window's largest value and its place (0 top
 *   left to 3 bottom right, the first of equals), both float32 `[n, h/2, w/2, c]`. `PutPlace2x2`: inputs values, places;
 *   output the values at their places in `[n, h, w, c]`, zero elsewhere. `TakePlace2x2`: inputs x, places; output the
 *   values there. Optional: pooling layers that use them have composites of their own.
 * - `RunAfter`: inputs x and 0, 1, ...; output x, in a compiled step not before the others are there. Optional: where
 *   ops run as they are called there is nothing to put in order.
 * - `Widen`: input x; output x, in a compiled step in float32 where that holds it in half precision. Optional.
 * - `SymmetricEigen`: input x `[..., n, n]`, symmetric and finite; outputs eigenvalues `[..., n]`, rising, and eigenvectors `[..., n, n]`, in
 *   columns. Optional: without it {@link inverseSquareRoot} iterates.
 * - `SumOverWorkers`: input x; attributes name, half; output the sum of what all workers gave. Only where there are workers.
 */
export const trainingKernels = {
  batchNorm: 'TrainingBatchNorm',
  batchNormGradient: 'TrainingBatchNormGrad',
  reluGradient: 'ReluGrad',
  allFinite: 'AllFinite',
  dilatedInputGradient: 'DilatedConv2DBackpropInput',
  dilatedFilterGradient: 'DilatedConv2DBackpropFilter',
  dilatedDepthwiseInputGradient: 'DilatedDepthwiseConv2dBackpropInput',
  dilatedDepthwiseFilterGradient: 'DilatedDepthwiseConv2dBackpropFilter',
  maxPlace: 'MaxPlace2x2',
  putPlace: 'PutPlace2x2',
  takePlace: 'TakePlace2x2',
  runAfter: 'RunAfter',
  widen: 'Widen',
  symmetricEigen: 'SymmetricEigen',
  sumOverWorkers: 'SumOverWorkers',
} as const;
