/**
 * Asymmetric convolution blocks (Ding et al., ICCV 2019) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { acb } from './method';

export { acb } from './method';
export type { AcbOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-acb', apiVersion: 1, methods: [acb] });
