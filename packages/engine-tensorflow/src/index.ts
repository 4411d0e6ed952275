import { registerTensorflow } from './register';

export { isOverparamError, OverparamError } from '@overparam/errors';
export type { Tensors } from './backend/steps';
export type { Device, DeviceOptions } from './binding/context';
export type { Values } from './binding/values';
export { type Cluster, defaultDeadline, hostAndPort } from './cluster/cluster';
export { silentWorkers } from './cluster/join';
export { fileSystem } from './file-system';
export { type TensorflowInfo, tensorflowInfo } from './info';
export {
  defaultVersion,
  describeStatus,
  type Environment,
  type Finding,
  type Installed,
  type InstallOptions,
  type InstallProgress,
  installLibrary,
  type LibrarySource,
  type LibraryStatus,
  type LocatedLibrary,
  type LocateOptions,
  libraryStatus,
  locate,
  minimumVersion,
  type Platform,
  platformOf,
  type Removed,
  type RemoveOptions,
  removeLibrary,
  type StatusOptions,
} from './library';
export { statelessBits, statelessUniform } from './random';
export { joinWorkers, registerTensorflow, startTensorflow } from './register';
export type { GraphTensor } from './saved-model/freeze';
export { type LoadedModel, loadSavedModel } from './saved-model/load';
export { encodeSavedModel, type SavedInput, type SavedModel } from './saved-model/write';

registerTensorflow();
