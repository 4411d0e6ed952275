import { definePlugin, type Plugin } from '@overparam/plugin';
import { plainnet, resnet, resnet18, resnet50 } from './backbones';
import { segnetCrossStitch } from './cross-stitch';
import { dilatedResnet50 } from './dilated';
import { segnetMtan } from './mtan';
import { segnet } from './segnet';

export { assemble, type Features, type Plan, type Schemes, sharedFeatures } from './assemble';
export * from './backbones';
export type { Initialisation, Scheme } from './initialise';
export type {
  CrossStitchOptions,
  DilatedResnetOptions,
  LargeResnetOptions,
  PlainnetOptions,
  ResnetOptions,
  SegnetOptions,
} from './options';
export { ownHeads } from './own-heads';
export { dilatedResnet50, segnet, segnetCrossStitch, segnetMtan };

/** All backbones of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/backbones',
  apiVersion: 1,
  backbones: [resnet, plainnet, resnet18, resnet50, segnet, segnetMtan, segnetCrossStitch, dilatedResnet50],
});
