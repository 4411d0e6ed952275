export { OverparamError } from '@overparam/errors';
export type { Environment } from './cache';
export {
  type EngineArguments,
  type EngineConsole,
  runEngineCommand,
} from './command';
export type { Finding, LibrarySource, LocatedLibrary } from './finding';
export { type Installed, type InstallOptions, type InstallProgress, installLibrary } from './install';
export { type LocateOptions, locate } from './locate';
export { type Platform, platformOf } from './platform';
export { type Removed, type RemoveOptions, removeLibrary } from './remove';
export { describeStatus, type LibraryStatus, libraryStatus, type StatusOptions } from './status';
export { defaultVersion, minimumVersion } from './version';
