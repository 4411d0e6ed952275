/**
 * RepVGG blocks (Ding et al., CVPR 2021) as an overparameterisation method.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { repvgg } from './method';

export { repvgg } from './method';
export type { RepVggOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-repvgg', apiVersion: 1, methods: [repvgg] });
