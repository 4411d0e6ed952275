/**
 * Choosing settings fairly: which values of a config's keys are tried, in which order, and which of them is chosen. What is
 * tried, and what it comes to, is the caller's business.
 *
 * @packageDocumentation
 */
export { drawSettings } from './draw';
export type { Growth } from './grid';
export { rungEpochs } from './halving';
export { type Direction, shortfalls } from './judge';
export { type Choice, choose, nextTrials, type SweptRow } from './next';
export { type Range, type SweepConfig, sweepSchema } from './schema';
export { type Setting, settingText, valueText } from './setting';
export { completeSweep, isRange, type Over, type Seed, type Strategy, type Sweep } from './sweep';
export type { Trial, Tried } from './trial';
