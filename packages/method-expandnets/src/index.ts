/**
 * ExpandNets (Guo, Alvarez and Salzmann, NeurIPS 2020) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { expandnets } from './method';

export { expandnets } from './method';
export type { ExpandNetsOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({
  name: '@overparam/method-expandnets',
  apiVersion: 1,
  methods: [expandnets],
});
