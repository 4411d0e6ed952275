/**
 * TriRep: framed cores and scaled branches in weight space.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { trirep } from './method';

export { trirep } from './method';
export type { TriRepOptions } from './options';

/** For `registerPlugin`, or a config's `plugins`. */
export const plugin = definePlugin({ name: '@overparam/method-new', apiVersion: 1, methods: [trirep] });
