import { definePlugin } from '@overparam/plugin';
import { asymmetric } from './asymmetric';
import { scaled } from './scaled';

/** What a config's `plugins: ['./src/plugin.ts']` loads. */
export const plugin = definePlugin({
  name: 'writing-a-method',
  apiVersion: 1,
  methods: [scaled, asymmetric],
});
