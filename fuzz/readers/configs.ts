import { readConfig } from '@overparam/config';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { fileOf, fixture } from './files';

/** A user's own configs: other values are another meaning, and schemas say which are valid. */
export const configs: readonly Target[] = [
  {
    name: 'config',
    sealed: false,
    samples: () =>
      Promise.all(['poster-cifar', 'poster-nyuv2'].map((name) => fixture(`../examples/${name}/config.yaml`))),
    change: changeText,
    read: async (bytes, folder) => (await readConfig(await fileOf(folder, 'config.yaml', bytes))).config,
  },
];
