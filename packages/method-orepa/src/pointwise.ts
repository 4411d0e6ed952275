import { weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key, uniformTensor } from '@overparam/engine';
import type { Expansion, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { OrepaOptions } from './options';

/** First scales of the released code's 1x1 block. */
const first = { origin: 1, pair: 0.5 } as const;

/**
 * A 1x1 kernel and a product of two, each times a scale for every output channel. The square factor of the product is
 * on the side with fewer channels and begins as the identity.
 */
export function pointwise(site: Site, given: OrepaOptions): Expansion {
  const [, , cin, cout] = site.kernelShape;
  const inner = Math.min(cin, cout);
  return weightSpace(site, {
    parameters: [
      { name: 'origin', shape: site.kernelShape, role: 'core', continues: 'kernel' },
      { name: 'pair_first', shape: [cin, inner], role: 'branch', block: 'pair' },
      { name: 'pair_second', shape: [inner, cout], role: 'branch', block: 'pair' },
      { name: 'origin_scale', shape: [cout], role: 'scale' },
      { name: 'pair_scale', shape: [cout], role: 'scale' },
    ],
    kernel: ({ origin, pair_first, pair_second, origin_scale, pair_scale }) => {
      const pair = tf.matMul(pair_first as Tensor2D, pair_second as Tensor2D).mul(pair_scale!);
      return origin!.mul(origin_scale!).add(pair.reshape([1, 1, cin, cout])) as Tensor4D;
    },
    initialise: (plain, key) => initialise(site, given, plain, key),
    decay: 'parameters',
  });
}

function initialise(site: Site, { start }: OrepaOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const [, , cin, cout] = site.kernelShape;
  // Kaiming uniform with a = 1: a bound of sqrt(3 / fan in).
  const bound = Math.sqrt(3 / cin);
  const draw = (shape: readonly [number, number]) =>
    uniformTensor(foldKey(key, 'pair'), [...shape], -bound, bound);
  return {
    origin: tf.clone(kernel),
    pair_first: cout > cin ? tf.eye(cin) : draw([cin, cout]),
    pair_second: cout > cin ? draw([cin, cout]) : tf.eye(cout),
    origin_scale: tf.fill([cout], first.origin),
    pair_scale: tf.fill([cout], start === 'preserve' ? 0 : first.pair),
  };
}
