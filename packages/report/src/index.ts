/**
 * Records, statistics, tables and pages of runs and their comparisons.
 *
 * @packageDocumentation
 */
export type * from './records';
