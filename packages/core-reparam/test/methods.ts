import { convolution, foldKey, normalTensor } from '@overparam/engine';
import type { Method, NormWeights } from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { branchSpace, normThatAdds, weightSpace } from '../src';

const branchyOptions = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  width: z.int().min(1).default(3),
});

/**
 * Branches as the "Diverse Branch Block" has them: k x k, and 1x1 with a norm of its own before k x k, so that
 * a norm inside a branch and its border value are covered.
 */
export const branchy: Method<z.infer<typeof branchyOptions>> = {
  apiVersion: 1,
  name: 'branchy',
  summary: 'A branch with a norm inside.',
  options: branchyOptions,
  supports: ({ kind, kernelShape: [kh] }) =>
    kind === 'conv2d' && kh % 2 === 1 ? true : 'is not an odd convolution',
  expand(site, { start, width }) {
    const [kh, kw, cin, cout] = site.kernelShape;
    return branchSpace(site, {
      branches: [
        {
          name: 'main',
          steps: [
            {
              operation: 'convolution',
              size: [kh, kw],
              channels: cout,
              norm: true,
              role: 'core',
              continues: 'kernel',
            },
          ],
        },
        {
          name: 'long',
          steps: [
            {
              name: 'in',
              operation: 'convolution',
              size: [1, 1],
              channels: width,
              norm: true,
              role: 'branch',
            },
            {
              name: 'out',
              operation: 'convolution',
              size: [kh, kw],
              channels: cout,
              norm: true,
              role: 'branch',
            },
          ],
        },
      ],
      initialise({ kernel, bias, norm }, key) {
        const neutral = (channels: number, gamma: number): NormWeights => ({
          gamma: tf.fill([channels], gamma) as Tensor1D,
          beta: tf.zeros([channels]),
          mean: tf.zeros([channels]),
          variance: tf.ones([channels]),
        });
        const values: Record<string, tf.Tensor> = {
          main_kernel: tf.clone(kernel),
          long_in_kernel: normalTensor(foldKey(key, 'in'), [1, 1, cin, width], 0, 0.5),
          long_out_kernel: normalTensor(foldKey(key, 'out'), [kh, kw, width, cout], 0, 0.3),
        };
        const set = (prefix: string, weights: NormWeights) => {
          for (const [part, value] of Object.entries(weights)) values[`${prefix}_${part}`] = value;
        };
        set('long_in', neutral(width, 1));
        set('long_out', neutral(cout, start === 'fresh' ? 1 : 0));
        if (start === 'preserve' && norm) {
          const { gamma, beta, mean, variance } = norm;
          const shifted = (bias ? mean.sub(bias) : mean.clone()) as Tensor1D;
          set('main', {
            gamma: gamma.clone(),
            beta: beta.clone(),
            mean: shifted,
            variance: variance.clone(),
          });
        } else if (start === 'preserve') {
          const epsilon = 1e-5;
          const kept = neutral(cout, Math.sqrt(1 + epsilon));
          kept.beta.dispose();
          set('main', { ...kept, beta: bias ? bias.clone() : tf.zeros([cout]) });
        } else set('main', neutral(cout, 1));
        return values;
      },
      decay: (parameters) => ({
        penalty: tf.tidy(() => parameters.main_kernel!.square().sum().mul(0.5).asScalar()),
      }),
      decayCovers: ['main_kernel'],
    });
  },
};

const pooledOptions = z.strictObject({ start: z.enum(['fresh', 'preserve']).default('fresh') });

/** Further branches of the "Diverse Branch Block": a mean over the window, alone and behind a 1x1 kernel and its norm. */
export const pooled: Method<z.infer<typeof pooledOptions>> = {
  apiVersion: 1,
  name: 'pooled',
  summary: 'Branches that are means over the window.',
  options: pooledOptions,
  supports: ({ kind, kernelShape: [kh, , cin, cout] }) =>
    kind === 'conv2d' && kh % 2 === 1 && cin === cout ? true : 'is not an odd convolution of equal channels',
  expand(site, { start }) {
    const [kh, kw, cin, cout] = site.kernelShape;
    const kernel = { operation: 'convolution', channels: cout, norm: true } as const;
    return branchSpace(site, {
      branches: [
        { name: 'main', steps: [{ ...kernel, size: [kh, kw], role: 'core', continues: 'kernel' }] },
        { name: 'mean', steps: [{ operation: 'average', size: [kh, kw], norm: true }] },
        {
          name: 'long',
          steps: [
            { ...kernel, name: 'in', size: [1, 1], role: 'branch' },
            { name: 'scaled', operation: 'identity', norm: true },
            { name: 'mean', operation: 'average', size: [kh, kw], norm: false },
          ],
        },
      ],
      initialise({ kernel, bias, norm }, key) {
        const values: Record<string, tf.Tensor> = {
          main_kernel: tf.clone(kernel),
          long_in_kernel: normalTensor(foldKey(key, 'in'), [1, 1, cin, cout], 0, 0.5),
        };
        const preserve = start === 'preserve';
        for (const name of ['mean', 'long_in', 'long_scaled', 'main']) {
          const gamma = preserve && name !== 'main' ? 0 : 1;
          values[`${name}_gamma`] = tf.fill([cout], gamma);
          values[`${name}_beta`] = tf.zeros([cout]);
          values[`${name}_mean`] = tf.zeros([cout]);
          values[`${name}_variance`] = tf.ones([cout]);
        }
        if (preserve) {
          const host = norm ?? normThatAdds(tf.zeros([cout]), 1e-5);
          for (const [part, value] of Object.entries(host)) values[`main_${part}`] = tf.clone(value);
          values.main_mean = host.mean.sub(bias ?? 0);
        }
        return values;
      },
    });
  },
};

const brokenOptions = z.strictObject({
  start: z.enum(['fresh', 'preserve']).default('fresh'),
  mistake: z.enum(['bias', 'scale', 'kernel', 'border']),
});

/** A method that collapses wrongly, each time in another way. */
export const broken: Method<z.infer<typeof brokenOptions>> = {
  apiVersion: 1,
  name: 'broken',
  summary: 'Collapses wrongly.',
  options: brokenOptions,
  supports: () => true,
  expand(site, { mistake }) {
    const right = weightSpace(site, {
      parameters: [{ name: 'kernel', shape: site.kernelShape, role: 'core' }],
      kernel: ({ kernel }) => kernel as Tensor4D,
      initialise: ({ kernel }) => ({ kernel: tf.clone(kernel) }),
      decay: 'parameters',
    });
    return {
      ...right,
      forward(x, parameters) {
        const input = mistake === 'border' ? x.sub(1) : x;
        const y = convolution(input as Tensor4D, parameters.kernel as Tensor4D, site);
        // What a constant input adds away from borders, so that only they differ.
        const inside = (parameters.kernel as Tensor4D).sum([0, 1, 2]);
        return { y: mistake === 'border' ? y.add(inside) : mistake === 'bias' ? y.add(0.3) : y, state: {} };
      },
      collapse(parameters) {
        const kernel = parameters.kernel as Tensor4D;
        const wrong = {
          bias: () => kernel.clone(),
          border: () => kernel.clone(),
          scale: () => kernel.mul(1.2) as Tensor4D,
          kernel: () => kernel.reverse(0) as Tensor4D,
        };
        const { strides, dilation, padding } = site;
        return [{ kernel: wrong[mistake](), bias: null, strides, dilation, padding }];
      },
    };
  },
};
