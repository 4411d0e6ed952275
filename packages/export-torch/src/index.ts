/**
 * Writes TensorFlow.js networks for PyTorch, without Python; in browsers too.
 *
 * @packageDocumentation
 */
export type { NameScheme } from './names';
export { encodeForTorch, type TorchNetwork, type TorchOptions } from './network';
