import type { Backbone } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { assemble, type Plan, sharedFeatures } from './assemble';
import { type SegnetOptions, segnetOptions, widthOf } from './options';
import { ownHeads } from './own-heads';
import { type Decoded, decode, type Encoded, encode, levels, sideMultiple } from './segnet-levels';

/** SegNet without heads: what each level gave, by level number. */
export interface SegnetTrunk {
  readonly encoded: ReadonlyMap<number, Encoded>;
  readonly decoded: ReadonlyMap<number, Decoded>;
}

/** Encoder and decoder, 24 943 296 parameters at width 64. Layers' names begin with `prefix`. */
export function segnetTrunk(image: tf.SymbolicTensor, width: number, prefix = ''): SegnetTrunk {
  const encoded = new Map<number, Encoded>();
  let x = image;
  for (const level of levels) {
    encoded.set(level, encode(x, level, width, prefix));
    x = encoded.get(level)!.pooled;
  }
  const decoded = new Map<number, Decoded>();
  for (const level of [...levels].reverse()) {
    decoded.set(level, decode(x, encoded.get(level)!.places, level, width, prefix));
    x = decoded.get(level)!.last;
  }
  return { encoded, decoded };
}

/** What {@link segnet} is made of. */
export function segnetPlan(width: number): Plan {
  return {
    name: 'segnet',
    multiple: sideMultiple,
    heads: ownHeads,
    trunk: (image, heads) => sharedFeatures(segnetTrunk(image, width).decoded.get(1)!.last, heads),
  };
}

/**
 * SegNet with one trunk for all tasks and a small head for each, in the MTAN paper's "split" form: five levels of
 * 64 to 512 channels, unpooling by the places of the maxima. With 13 classes, depth and normals it has 25 055 185
 * parameters. Sides of images must be multiples of 32.
 *
 * Source: Badrinarayanan et al., https://arxiv.org/abs/1511.00561; Liu et al. 2019, https://arxiv.org/abs/1803.10704
 */
export const segnet: Backbone<SegnetOptions> = {
  apiVersion: 1,
  name: 'segnet',
  summary: 'SegNet with one trunk for all tasks, as in the MTAN paper',
  source: {
    title:
      'Badrinarayanan, Kendall, Cipolla: SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation (TPAMI 2017)',
    url: 'https://arxiv.org/abs/1511.00561',
  },
  options: segnetOptions,
  build(shape, { width, initialisation }) {
    const schemes = { shared: initialisation, own: initialisation };
    return assemble(segnetPlan(widthOf(width)), shape, schemes);
  },
};
