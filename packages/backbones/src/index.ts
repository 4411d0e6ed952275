import { definePlugin, type Plugin } from '@overparam/plugin';
import { plainnet, resnet, resnet18, resnet50 } from './backbones';
import { segnetCrossStitch } from './cross-stitch';
import { dilatedResnet50 } from './dilated';
import { cgc, dselectK, mmoe } from './experts';
import { mobilenetV2 } from './mobilenet';
import { segnetMtan } from './mtan';
import { segnet } from './segnet';
import { vgg16, vggSmall } from './vgg';

export { assemble, type Features, type Plan, type Schemes, sharedFeatures } from './assemble';
export * from './backbones';
export type { Initialisation, NamedScheme, Scheme } from './initialise';
export type {
  CrossStitchOptions,
  DilatedResnetOptions,
  LargeResnetOptions,
  PlainnetOptions,
  ResnetOptions,
  SegnetOptions,
} from './options';
export type { MobilenetOptions, Vgg16Options, VggSmallOptions } from './options-classic';
export type {
  CgcOptions,
  DselectOptions,
  ExpertOptions,
  ExpertTrunk,
  GateInput,
  MmoeOptions,
} from './options-experts';
export { ownHeads } from './own-heads';
export {
  cgc,
  dilatedResnet50,
  dselectK,
  mmoe,
  mobilenetV2,
  segnet,
  segnetCrossStitch,
  segnetMtan,
  vgg16,
  vggSmall,
};

/** All backbones of this package. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/backbones',
  apiVersion: 1,
  backbones: [
    resnet,
    plainnet,
    resnet18,
    resnet50,
    vgg16,
    vggSmall,
    mobilenetV2,
    segnet,
    segnetMtan,
    segnetCrossStitch,
    dilatedResnet50,
    mmoe,
    cgc,
    dselectK,
  ],
});
