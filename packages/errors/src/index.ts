/**
 * The error class of all overparam packages, and the nearest name to a mistyped one.
 *
 * @packageDocumentation
 */
export { isOverparamError, OverparamError } from './error';
export { nearest } from './nearest';
