/**
 * Factorised neural layers (Khodak et al., ICLR 2021) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { fnl } from './method';

export { factorGeometry, factorKernels, type Geometry } from './factors';
export { type Factors, kaiming, spectral } from './initialise';
export { kernelOf, matrixOf } from './matricise';
export { fnl } from './method';
export type { FnlOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-fnl', apiVersion: 1, methods: [fnl] });
