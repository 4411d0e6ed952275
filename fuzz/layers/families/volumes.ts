import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { type Cuboid, maximumOfCuboids, meanOfCuboids } from '../plain/volumes';
import { Draw } from '../values';
import { channelCounts, seed, whole } from './windows';

type Triple = [number, number, number];

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  readonly volume: Triple;
  readonly channels: number;
  readonly cuboid: Cuboid;
  readonly below: boolean;
  readonly kind: 'max' | 'average';
}

const tripleOf = (most: number): fc.Arbitrary<Triple> =>
  fc.tuple(whole(1, most), whole(1, most), whole(1, most));

/** tfjs's pooling of volumes. */
export const volumePooling = family({
  name: 'pooling of volumes',
  weight: 1,
  parameters: fc
    .record({
      seed,
      batch: whole(1, 2),
      volume: tripleOf(6),
      channels: channelCounts,
      cuboid: fc.record({
        size: tripleOf(3),
        strides: tripleOf(3),
        padding: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      }),
      below: fc.boolean(),
      kind: fc.constantFrom<'max' | 'average'>('max', 'average'),
    })
    .filter(({ volume, cuboid }) => volume.every((length, axis) => length >= cuboid.size[axis]!)),
  build: (p: Parameters) => {
    const { size, strides, padding } = p.cuboid;
    // Distinct, so that no gradient is at a kink; below zero where asked for.
    const input = new Draw(p.seed).input([p.batch, ...p.volume, p.channels], 'distinct');
    const values = p.below ? (input.values as Float32Array).map((value) => -Math.abs(value)) : input.values;
    return {
      inputs: [{ ...input, values, differentiable: p.kind === 'average' || !p.below }],
      run: ([x]) => {
        const pool = p.kind === 'max' ? tf.maxPool3d : tf.avgPool3d;
        return [pool(x as tf.Tensor5D, [...size], [...strides], padding)];
      },
      expected: ([x]) => [(p.kind === 'max' ? maximumOfCuboids : meanOfCuboids)(x!, p.cuboid)],
    };
  },
});
