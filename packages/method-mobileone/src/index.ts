/**
 * MobileOne blocks (Vasu et al., CVPR 2023) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { mobileone } from './method';

export { mobileone } from './method';
export type { MobileOneOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({
  name: '@overparam/method-mobileone',
  apiVersion: 1,
  methods: [mobileone],
});
