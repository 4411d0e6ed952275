import { keyFromSeed, useEngine } from '@overparam/engine';
import type { Expansion, Method, Site } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Branch, type BranchStep, branchSpace, expand, weightSpace } from '../src';
import { refusalOf } from './networks';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

const options = z.strictObject({ start: z.enum(['fresh', 'preserve']).default('fresh') });

/** A method that is right but for what is put in. */
function method(change: (right: Expansion, site: Site) => unknown, more: object = {}): Method {
  return {
    apiVersion: 1,
    name: 'wrong',
    summary: 'Wrong in one place.',
    options,
    supports: () => true,
    expand(site: Site) {
      const right = weightSpace(site, {
        parameters: [{ name: 'core', shape: site.kernelShape, role: 'core' }],
        state: [{ name: 'kept', shape: [2] }],
        kernel: ({ core }) => core as Tensor4D,
        initialise: ({ kernel }) => ({ core: tf.clone(kernel), kept: tf.zeros([2]) }),
        decay: 'kernel',
      });
      return change(right, site) as Expansion;
    },
    ...more,
  } as Method;
}

function network(): tf.LayersModel {
  const conv = { filters: 2, kernelSize: 3, padding: 'same' } as const;
  return tf.sequential({ layers: [tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], ...conv })] });
}

const withFirst = (right: Expansion, more: object) => ({
  ...right,
  parameters: [{ ...right.parameters[0], ...more }, ...right.parameters.slice(1)],
});

describe('what a method gives is checked when a network is expanded, whether values are wanted or not', () => {
  test.each<[string, (right: Expansion, site: Site) => unknown, RegExp]>([
    ['nothing', () => undefined, /expand gave undefined/],
    ['no collapse', ({ collapse: _, ...rest }) => rest, /no function collapse\(\)/],
    ['no parameters', (right) => ({ ...right, parameters: undefined }), /no list "parameters"/],
    [
      'a role that does not exist',
      (right) => withFirst(right, { role: 'kernel' }),
      /"core" has the role "kernel" \(expected one of core, frame, branch, scale, norm, plain\)/,
    ],
    [
      'a continuation that does not exist',
      (right) => withFirst(right, { continues: 'weights' }),
      /continues "weights"/,
    ],
    ['two parameters of one name', (right) => withFirst(right, { name: 'bias' }), /two .* are called "bias"/],
    ['an open shape', (right) => withFirst(right, { shape: [3, 3, 2, null] }), /"core" has the shape/],
    [
      'a covariance that is not square',
      (right) => ({ ...right, state: [{ name: 'kept', shape: [2], statistic: 'covariance' }] }),
      /"kept" is a covariance of the shape \[2\] \(expected \[\.\.\., c, c\]\)/,
    ],
    [
      'a statistic that does not exist',
      (right) => ({ ...right, state: [{ name: 'kept', shape: [2], statistic: 'median' }] }),
      /the statistic "median"/,
    ],
    ['trunks of a kind that does not exist', (right) => ({ ...right, perTask: 'each' }), /perTask is "each"/],
    ['a norm where there is none', (right) => ({ ...right, takesNorm: true }), /takes a norm over/],
    ['decay of nothing', (right) => ({ ...right, decayCovers: ['cores'] }), /decayCovers names "cores"/],
    ['no layers', (right) => ({ ...right, collapse: () => [] }), /collapse gave no layers/],
    [
      'a kernel of other channels',
      (right) => ({
        ...right,
        collapse: (...given: Parameters<Expansion['collapse']>) =>
          right.collapse(...given).map((layer) => ({ ...layer, kernel: tf.zeros([3, 3, 3, 2]) })),
      }),
      /kernel \[3,3,3,2\] \(expected \[kh, kw, 2, …\]\)/,
    ],
    [
      'a kernel of another size',
      (right) => ({
        ...right,
        collapse: (...given: Parameters<Expansion['collapse']>) =>
          right.collapse(...given).map((layer) => ({ ...layer, kernel: tf.zeros([5, 5, 2, 2]) })),
      }),
      /62 pixels of 64 where the layer makes 64/,
    ],
    [
      'a bias of another size',
      (right) => ({
        ...right,
        collapse: (...given: Parameters<Expansion['collapse']>) =>
          right.collapse(...given).map((layer) => ({ ...layer, bias: tf.zeros([3]) })),
      }),
      /bias \[3\] \(expected \[2\]\)/,
    ],
    [
      'a collapse that fails',
      (right) => ({
        ...right,
        collapse: () => {
          throw new Error('no kernel');
        },
      }),
      /collapse failed on the first values: no kernel/,
    ],
  ])('%s', (_, change, message) => {
    const before = tf.memory().numTensors;
    const model = network();
    for (const values of ['initial', 'zero'] as const) {
      const refusal = refusalOf(() => expand(model, { method: method(change), key, values }));
      expect(refusal.code).toBe('method-broken');
      expect(refusal.message).toMatch(message);
      expect(refusal.message).toContain('[wrong] layer "conv"');
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each<[string, (right: Expansion) => Expansion, RegExp]>([
    [
      'a first value of another shape',
      (right) => ({ ...right, initialise: () => ({ core: tf.zeros([3, 3, 2, 3]), kept: tf.zeros([2]) }) }),
      /initialise gave 3x3x2x3 for "core" \(expected 3x3x2x2\)/,
    ],
    [
      'a first value that is not there',
      (right) => ({
        ...right,
        initialise: ({ kernel, bias }) => ({ core: tf.clone(kernel), bias: tf.clone(bias!) }),
      }),
      /initialise gave nothing for "kept"/,
    ],
    [
      "the layer's own kernel",
      (right) => ({
        ...right,
        initialise: ({ kernel, bias }) => ({ core: kernel, bias: tf.clone(bias!), kept: tf.zeros([2]) }),
      }),
      /gave the layer's own tensor back as "core"/,
    ],
    [
      'a collapse that is not what was trained',
      (right) => ({
        ...right,
        collapse: (...given) =>
          right.collapse(...given).map((layer) => ({ ...layer, kernel: tf.mul(layer.kernel, 1.1) })),
      }),
      /something else than forward: gap [\d.]+e-[12] on the first values/,
    ],
    [
      'a forward pass to another size',
      (right) => ({
        ...right,
        forward: (...given) => {
          const { y, ...rest } = right.forward(...given);
          return { ...rest, y: tf.slice(y, [0, 0, 0, 0], [-1, 1, -1, -1]) };
        },
      }),
      /forward gave \[1,1,6,2\] \(expected \[1,5,6,2\]\)/,
    ],
    [
      'a forward pass of another type',
      (right) => ({
        ...right,
        forward: (...given) => {
          const { y, ...rest } = right.forward(...given);
          return { ...rest, y: tf.cast(y, 'int32') };
        },
      }),
      /forward gave values of type int32 \(expected float32/,
    ],
    [
      'a forward pass that fails',
      (right) => ({
        ...right,
        forward: () => {
          throw new Error('no image');
        },
      }),
      /forward failed on the first values: no image/,
    ],
  ])('%s', (_, change, message) => {
    const refusal = refusalOf(() => expand(network(), { method: method(change), key }));
    expect(refusal.code).toBe('method-broken');
    expect(refusal.message).toMatch(message);
  });

  test('of other contracts, or that answers with neither true nor a reason', () => {
    const other = method((right) => right, { apiVersion: 2 });
    expect(refusalOf(() => expand(network(), { method: other, key })).code).toBe('plugin-version');
    const unsure = method((right) => right, { supports: () => false });
    const refusal = refusalOf(() => expand(network(), { method: unsure, key }));
    expect(refusal.code).toBe('method-broken');
    expect(refusal.message).toContain('supports gave false (expected true, or why not)');
  });
});

describe('branches are checked', () => {
  const convolution = {
    operation: 'convolution',
    size: [3, 3],
    channels: 2,
    norm: true,
    role: 'core',
  } as const;
  const small = { ...convolution, size: [1, 1] } as const;
  test.each<[string, readonly unknown[], RegExp]>([
    ['none', [], /no branches/],
    ['no steps', [{ name: 'a', steps: [] }], /branch "a" has no steps/],
    [
      'two of one name',
      [
        { name: 'a', steps: [convolution] },
        { name: 'a', steps: [convolution] },
      ],
      /two branches "a"/,
    ],
    [
      'an operation that does not exist',
      [{ name: 'a', steps: [{ operation: 'pool', norm: true }] }],
      /"a", step 1 has the operation "pool" \(expected convolution, identity or average\)/,
    ],
    ['no word on the norm', [{ name: 'a', steps: [{ ...convolution, norm: undefined }] }], /says norm/],
    [
      'channels that end elsewhere',
      [{ name: 'a', steps: [{ ...convolution, channels: 5 }] }],
      /ends in 5 channels \(expected 2\)/,
    ],
    [
      'a kernel too large',
      [{ name: 'a', steps: [{ ...convolution, size: [5, 5] }] }],
      /5x5, which has no place/,
    ],
    [
      'a kernel without a middle',
      [{ name: 'a', steps: [{ ...convolution, size: [2, 3] }] }],
      /2x3, which has/,
    ],
    [
      'a large kernel before the last',
      [
        {
          name: 'a',
          steps: [
            { ...convolution, name: 'x' },
            { ...small, name: 'y' },
          ],
        },
      ],
      /step 1 looks at 3x3 pixels/,
    ],
    [
      'an average before the last',
      [
        {
          name: 'a',
          steps: [
            { name: 'x', operation: 'average', size: [3, 3], norm: false },
            { ...small, name: 'y' },
          ],
        },
      ],
      /step 1 is an average/,
    ],
    ['two steps of one name', [{ name: 'a', steps: [small, convolution] }], /two steps of one name/],
    [
      'more channels around the identity than come in',
      [
        {
          name: 'a',
          steps: [
            { ...small, name: 'x', channels: 5, aroundIdentity: true },
            { ...convolution, name: 'y' },
          ],
        },
      ],
      /step 1 is around the identity, with 1x1 pixels from 2 to 5 channels/,
    ],
    [
      'pixels around the identity',
      [{ name: 'a', steps: [{ ...convolution, aroundIdentity: true }] }],
      /step 1 is around the identity, with 3x3 pixels/,
    ],
  ])('%s', (_, branches, message) => {
    const wrong = method((_right, site) =>
      branchSpace(site, { branches: branches as readonly Branch[], initialise: () => ({}) }),
    );
    const refusal = refusalOf(() => expand(network(), { method: wrong, key }));
    expect(refusal.code).toBe('method-broken');
    expect(refusal.message).toMatch(message);
  });

  test('the identity has a place in odd kernels alone, at any stride', () => {
    const identity: BranchStep = { operation: 'identity', norm: false };
    const even = { name: 'conv', filters: 2, kernelSize: 2, inputShape: [6, 6, 2] };
    const model = tf.sequential({ layers: [tf.layers.conv2d(even)] });
    const wrong = method((_right, site) =>
      branchSpace(site, { branches: [{ name: 'a', steps: [identity] }], initialise: () => ({}) }),
    );
    expect(refusalOf(() => expand(model, { method: wrong, key })).message).toMatch(
      /no place in the middle of 2x2/,
    );
  });
});
