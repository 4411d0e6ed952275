/**
 * Networks of PyTorch, Keras and TensorFlow.js, read and checked. For Node.js.
 *
 * @packageDocumentation
 */
export { type CheckpointOptions, readCheckpoint } from './pytorch/checkpoint';
export { readTensors } from './read-tensors';
export type { Numbers, SourceTensor, StateDict } from './tensors';
