/**
 * NYUv2 with segmentation, depth and surface normals.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin } from '@overparam/plugin';
import { nyuv2 } from './nyuv2';
import { nyuv2Sample } from './sample';

export { classColours, classes13 } from './classes';
export type { Augmentation, NyuOptions, NyuSampleOptions } from './options';
export type { NyuExample, TaskName } from './scene';
export type { SourceName } from './source';
export { nyuv2, nyuv2Sample };

/** The datasets `nyuv2` and `nyuv2-sample`. */
export const plugin: Plugin = definePlugin({
  name: '@overparam/datasets-nyuv2',
  apiVersion: 1,
  datasets: [nyuv2, nyuv2Sample],
});
