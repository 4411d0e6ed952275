/**
 * Runs and comparisons as they lie on the disk, read whole and checked, and their pages.
 *
 * @packageDocumentation
 */
export { comparisonPage, type RunPlace } from './comparison-page';
export { comparisonProgressOf } from './comparison-progress';
export {
  type RunFolder,
  readLayerRecords,
  readLegends,
  readRun,
  readRunConfig,
  readRunRecord,
  readRunResult,
  refuseEarlierForm,
  soundLayerRecords,
  soundTimings,
} from './read-run';
export { reproductionOf, runReportOf } from './run-report';
export { isComparisonFolder, readComparison, type SavedComparison } from './saved-comparison';
export { slug } from './slug';
