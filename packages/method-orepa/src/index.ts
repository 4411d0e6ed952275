/**
 * OREPA blocks (Hu et al., CVPR 2022) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { orepa } from './method';

export { orepa } from './method';
export type { OrepaOptions, OrepaScales } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-orepa', apiVersion: 1, methods: [orepa] });
