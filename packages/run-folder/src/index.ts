/**
 * What the folder of a training run holds: its lock, checkpoints, records, checksums of its data and of its files.
 *
 * @packageDocumentation
 */
export { type RunAbout, readRunAbout, writeRunAbout } from './about';
export {
  type Checkpoint,
  type CheckpointOptions,
  newestCheckpoint,
  removeOld,
  restore,
  type SavedTensor,
  writeCheckpoint,
} from './checkpoint';
export { contentHashes, type HashOptions, type SplitHash } from './content-hash';
export {
  type DataRecord,
  dataRecordOf,
  differingSplits,
  readDataRecord,
  refuseOtherData,
  writeDataRecord,
} from './data-record';
export { ownFileProblem } from './file-problem';
export {
  appendLine,
  appendLines,
  isRunFolder,
  makeFolder,
  missingFolders,
  prepareFolder,
  removeEmptyFolders,
  writeLines,
} from './files';
export { type LockFolderOptions, lockFolder, orphanPatience } from './lock';
export { checkedRecord, parseJson } from './record';
export {
  epochRecordSchema,
  epochTimingSchema,
  layerRecordSchema,
  legendSchema,
  runResultSchema,
} from './record-schemas';
export { checkSeal, isSeal, sealRun } from './seal';
export { removeFragments, tidyFinished } from './tidy';
