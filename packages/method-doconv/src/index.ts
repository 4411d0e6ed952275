/**
 * DO-Conv (Cao et al., TIP 2022) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { doconv } from './method';

export { doconv } from './method';
export type { DoConvOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-doconv', apiVersion: 1, methods: [doconv] });
