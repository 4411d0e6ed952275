import { definePlugin, type Plugin } from '@overparam/plugin';
import { cifar10, cifar100 } from './datasets';
import { cifar100Sample } from './sample';

export type { Augmentation, CifarExample } from './augment';
export { cifar10Classes, cifar100Classes, cifar100CoarseClasses } from './classes';
export type { Cifar100Options, CifarOptions, OfficialCifarOptions } from './options';
export { sampleClasses } from './sample-spec';
export { cifar10, cifar100, cifar100Sample };

/** The datasets `cifar10`, `cifar100` and `cifar100-sample`. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/datasets-cifar',
  apiVersion: 1,
  datasets: [cifar10, cifar100, cifar100Sample],
});
