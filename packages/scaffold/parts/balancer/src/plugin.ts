import { definePlugin } from '@overparam/plugin';
import { myPart } from './my-part';

/** What a config's `plugins` names. */
export const plugin = definePlugin({
  name: 'overparam-plugin-my-part',
  apiVersion: 1,
  balancers: [myPart],
});
