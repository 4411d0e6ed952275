/**
 * Diverse branch blocks (Ding et al., CVPR 2021) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { dbb } from './method';

export { dbb } from './method';
export type { DbbOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-dbb', apiVersion: 1, methods: [dbb] });
