/**
 * Which parameters of an overparameterised network move when: routines 0 to 3, and one that expands again and again.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { alternating } from './alternating';
import { cyclic } from './cyclic';
import { joint } from './joint';
import { progressive } from './progressive';

export type { AlternatingOptions } from './alternating';
export type { CyclicOptions } from './cyclic';
export type { ProgressiveOptions } from './progressive';
export { alternating, cyclic, joint, progressive };

/** All routines of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/routines',
  apiVersion: 1,
  routines: [joint, alternating, cyclic, progressive],
});
