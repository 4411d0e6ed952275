import type { Plugin } from '@overparam/core-reparam';
import { plainnet, resnet, resnet18, resnet50 } from './backbones';

export * from './backbones';
export type { Initialisation } from './initialise';
export {
  type LargeResnetOptions,
  largeResnetOptions,
  type PlainnetOptions,
  plainnetOptions,
  type ResnetOptions,
  resnetOptions,
} from './options';

/** All backbones of this package. */
export const plugin: Plugin = {
  name: '@overparam/backbones',
  apiVersion: 1,
  backbones: [resnet, plainnet, resnet18, resnet50],
};
