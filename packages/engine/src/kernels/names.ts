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
 */
export const trainingKernels = {
  batchNorm: 'TrainingBatchNorm',
  batchNormGradient: 'TrainingBatchNormGrad',
  reluGradient: 'ReluGrad',
  allFinite: 'AllFinite',
  dilatedInputGradient: 'DilatedConv2DBackpropInput',
  dilatedFilterGradient: 'DilatedConv2DBackpropFilter',
} as const;
