/**
 * The training step and loop for overparameterised networks, for one task or several.
 *
 * @packageDocumentation
 */
export type * from './records';
