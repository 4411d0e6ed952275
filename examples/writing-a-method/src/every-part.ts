import { definePlugin } from '@overparam/plugin';
import { counting } from './counting';
import { dots } from './dots';
import { halves } from './halves';
import { loudest } from './loudest';
import { scaled } from './scaled';
import { small } from './small';
import { summed } from './summed';

/** One part of each kind, for a config's `plugins`. */
export const plugin = definePlugin({
  name: 'every-part',
  apiVersion: 1,
  methods: [scaled],
  routines: [halves],
  balancers: [loudest],
  backbones: [small],
  heads: [summed],
  datasets: [dots],
  tasks: [counting],
});
