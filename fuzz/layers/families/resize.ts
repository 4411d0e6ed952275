import { resizeAligned } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { bilinear, looksAtBorder, nearest, type Resizing } from '../plain/resize';
import { Draw } from '../values';
import { stockLayer } from './stock-layer';
import { channelCounts, pairOf, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  readonly image: [number, number];
  readonly size: [number, number];
  readonly channels: number;
  /** How positions are taken. */
  readonly mode: 'plain' | 'alignCorners' | 'halfPixelCenters';
  readonly interpolation: 'bilinear' | 'nearest';
}

const length = whole(1, 14);
const common = {
  seed,
  batch: whole(1, 2),
  image: pairOf(length),
  size: pairOf(length),
  channels: channelCounts,
};

const resizingOf = ({ size, mode }: Pick<Parameters, 'size' | 'mode'>): Resizing => ({
  size,
  alignCorners: mode === 'alignCorners',
  halfPixelCenters: mode === 'halfPixelCenters',
});

/** tfjs's `image.resizeBilinear` and `image.resizeNearestNeighbor`. */
export const resizing = family({
  name: 'resize',
  weight: 4,
  parameters: fc
    .record({
      ...common,
      mode: fc.constantFrom('plain', 'alignCorners', 'halfPixelCenters'),
      interpolation: fc.constantFrom('bilinear', 'nearest'),
    })
    .filter(
      (p) =>
        p.interpolation === 'bilinear' ||
        [0, 1].every((axis) => !looksAtBorder(p.image[axis]!, p.size[axis]!, resizingOf(p as Parameters))),
    ),
  build: (p: Parameters) => {
    const given = resizingOf(p);
    const op = p.interpolation === 'bilinear' ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
    return {
      inputs: [new Draw(p.seed).input([p.batch, ...p.image, p.channels])],
      run: ([x]) => [op(x as tf.Tensor4D, p.size, given.alignCorners, given.halfPixelCenters)],
      expected: ([x]) => [p.interpolation === 'bilinear' ? bilinear(x!, given) : nearest(x!, given)],
    };
  },
});

/** `resizeAligned` of this project. */
export const alignedResizing = family({
  name: 'resizeAligned',
  weight: 1,
  parameters: fc.record(common),
  build: (p: Omit<Parameters, 'mode' | 'interpolation'>) => ({
    inputs: [new Draw(p.seed).input([p.batch, ...p.image, p.channels])],
    run: ([x]) => [resizeAligned(x as tf.Tensor4D, p.size)],
    expected: ([x]) => [bilinear(x!, resizingOf({ ...p, mode: 'alignCorners' }))],
  }),
});

/** tfjs's upsampling layer: by whole factors. */
export const upsampling = family({
  name: 'layers.upSampling2d',
  weight: 1,
  parameters: fc.record({
    ...{ seed, batch: whole(1, 2), image: pairOf(length), channels: channelCounts },
    factors: pairOf(whole(1, 4)),
    interpolation: fc.constantFrom('bilinear' as const, 'nearest' as const),
  }),
  build: (p: Omit<Parameters, 'mode' | 'size'> & { readonly factors: [number, number] }) =>
    stockLayer({
      x: new Draw(p.seed).input([p.batch, ...p.image, p.channels]),
      make: () => tf.layers.upSampling2d({ size: p.factors, interpolation: p.interpolation }),
      expected: (x) => {
        const size: [number, number] = [p.image[0] * p.factors[0], p.image[1] * p.factors[1]];
        const given = resizingOf({ size, mode: 'plain' });
        return p.interpolation === 'bilinear' ? bilinear(x, given) : nearest(x, given);
      },
    }),
});
