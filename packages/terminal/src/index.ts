/**
 * What a command line shows: progress on a terminal or in plain lines, and columns.
 *
 * @packageDocumentation
 */
export { clockText, paceText } from './clock';
export { alignColumns, type Cells, columns } from './columns';
export { createProgressView, type ProgressView, showWork, stepLines } from './progress';
export { type ProgressStream, type StatusLine, statusLine } from './status-line';
export { visible, visibleInLine } from './visible';
export { cutToWidth, displayWidth, padToWidth } from './width';
