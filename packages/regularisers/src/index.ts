/**
 * Penalties on what several tasks share.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { repMtl } from './rep-mtl';

export { type RepMtlOptions, repMtl } from './rep-mtl';

/** All regularisers of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/regularisers',
  apiVersion: 1,
  regularisers: [repMtl],
});
