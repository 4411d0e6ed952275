/**
 * Spatial gradient scaling (Detkov et al., ICLR 2023) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { sgs } from './method';

export { sgs } from './method';
export type { SgsOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-sgs', apiVersion: 1, methods: [sgs] });
