import type { Dataset } from '@overparam/plugin';
import { cachedSplit } from './cache';
import { get } from './get';
import { locate } from './locate';
import { openScenes } from './open-dataset';
import { type NyuOptions, nyuSchema } from './options';
import type { NyuExample } from './scene';
import { present, verify } from './verify';

/**
 * NYUv2 with the three tasks segmentation (13 classes), depth and surface normals, as in the MTAN paper: 795 training and 654
 * test scenes at 288x384. Read from `<data-dir>/nyuv2` in any of four forms.
 *
 * N. Silberman, D. Hoiem, P. Kohli, R. Fergus, "Indoor Segmentation and Support Inference from RGBD Images", ECCV
 * 2012. S. Liu, E. Johns, A. J. Davison, "End-to-End Multi-Task Learning with Attention", CVPR 2019.
 */
export const nyuv2: Dataset<NyuOptions, NyuExample> = {
  apiVersion: 1,
  name: 'nyuv2',
  summary: 'NYUv2: 795 + 654 indoor scenes with 13 classes, depth and surface normals.',
  source: {
    title:
      'Silberman, Hoiem, Kohli, Fergus: Indoor Segmentation and Support Inference from RGBD Images (ECCV 2012)',
    url: 'https://doi.org/10.1007/978-3-642-33715-4_54',
  },
  options: nyuSchema,
  async open(options, context) {
    const source = await locate(context.dataDir, options.source);
    try {
      const train = await cachedSplit(source, 'train', options, context);
      const test = await cachedSplit(source, 'test', options, context);
      const normals =
        train.store.format.normals === 'i8' ? '; normals in 8 bits, not the published files' : '';
      return openScenes({ train: train.store, test: test.store }, options, source.title + normals);
    } finally {
      await source.close();
    }
  },
  present,
  verify,
  get,
};
