/**
 * Networks of PyTorch, Keras and TensorFlow.js, read and checked. For Node.js.
 *
 * @packageDocumentation
 */
export { type FileBackboneOptions, file, plugin } from './file-backbone';
export { importNetwork } from './import-network';
export { importTensors, type TensorImportOptions } from './import-tensors';
export type { ImportedNetwork } from './imported-network';
export { type InspectedSource, inspectSource } from './inspect-source';
export {
  type CollapsedState,
  collapseBlocks,
  type FnlReshape,
  type PublishedSettings,
} from './published/collapse-blocks';
export { type CheckpointOptions, readCheckpoint } from './pytorch/checkpoint';
export { readTensors } from './read-tensors';
export type { Numbers, SourceTensor, StateDict } from './tensors';
export { checkFolder, writeImported } from './write-imported';
