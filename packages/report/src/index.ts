/**
 * Records, statistics, tables and pages of runs and their comparisons, for one task or several. What made the runs is
 * not its business: records come in, text goes out.
 *
 * @packageDocumentation
 */
export type { ChoosingCost, Chosen, ChosenRow, TriedSetting } from './comparison/chosen';
export { collectRun } from './comparison/collect';
export { type CurveColumn, curveColumns, type LoggedEpoch } from './comparison/curve-columns';
export type { Difference, Standing } from './comparison/differences';
export { type ByFigure, byFigure, type FigureName, figureIn, headlines, scoreIn } from './comparison/figures';
export type {
  Effort,
  Improvement,
  Obtained,
  RowKind,
  RowRecord,
  RunFailure,
  SeedRun,
  StageStart,
} from './comparison/records';
export type * from './comparison/run-records';
export {
  confidenceInterval,
  type Interval,
  mean,
  pairedDifferences,
  type Spread,
  spreadOf,
  standardDeviation,
  studentQuantile,
} from './comparison/statistics';
export {
  type ComparisonResult,
  comparisonResult,
  type RowSummary,
  summarise,
} from './comparison/summary';
export type { CurveBoundary, CurveData, CurveRow, CurveRun, CurveSpec } from './drawing/curve-data';
export type { FigureLine, PageData } from './drawing/page-data';
export type { RowLayerRecords } from './page/layer-record-section';
export type { LayerSizes } from './page/layer-section';
export { type PageExtras, renderPage } from './page/page';
export { type Pictures, type RowPictures, readPictures } from './page/panels';
export { type PosterPart, renderPosterPage } from './page/poster-page';
export {
  type ComparisonProgress,
  progressPageData,
  progressSections,
  type RunProgress,
  renderProgressPage,
} from './page/progress-page';
export type { Reproduction } from './page/reproduction-section';
export { type RunReport, renderRunPage, runPageData, runSections } from './page/run-page';
export type { RunState } from './page/run-sections';
export { readStoredNetwork, type StoredNetwork } from './page/stored-network';
export { figureText, figureTitle } from './wording/figures';
export { renderTable } from './wording/table';
