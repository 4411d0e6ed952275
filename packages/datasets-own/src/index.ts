/**
 * Datasets of one's own.
 *
 * @packageDocumentation
 */
import { definePlugin } from '@overparam/plugin';
import { arrays } from './arrays';
import { imageFolder } from './image-folder';
import { imageTable } from './image-table';

export { type ArrayKind, arrayKinds } from './array-task';
export { type ArrayOptions, arrays } from './arrays';
export type { OwnExample } from './example';
export { type ImageFolderOptions, imageFolder } from './image-folder';
export { type ImageTableOptions, imageTable } from './image-table';
export type { CommonOptions, PictureOptions } from './options';

/** The datasets of this package. */
export const plugin = definePlugin({
  name: '@overparam/datasets-own',
  apiVersion: 1,
  datasets: [imageFolder, imageTable, arrays],
});
