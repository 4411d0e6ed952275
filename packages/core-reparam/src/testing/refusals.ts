import { keyFromSeed, useEngine } from '@overparam/engine';
import type { Method } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { expand } from '../expand';

/** What a method must refuse, and what its error must say. */
export interface Refusals {
  /** Kernel sizes that it cannot take, with a part of the reason each. */
  readonly kernels: readonly (readonly [size: readonly [number, number], reason: string])[];
  /** Why it cannot take a depthwise convolution of 3x3, where it cannot: a part of the reason. */
  readonly depthwise?: string;
  /** Options that are impossible, with a part of the error each. */
  readonly options: readonly (readonly [options: object, error: string])[];
}

/** Tests that a method refuses what it cannot take, on a small convolution: by layer and reason, and options by name. */
export function testRefusals(method: Method, { kernels, depthwise, options }: Refusals): void {
  beforeAll(async () => {
    await useEngine('cpu');
  });

  const attempt = (kernelSize: readonly [number, number], given: object) => () => {
    const inputShape = [6, 6, 2];
    const layer = tf.layers.conv2d({ name: 'conv', inputShape, filters: 2, kernelSize: [...kernelSize] });
    const model = tf.sequential({ layers: [layer] });
    try {
      expand(model, { method, options: given, select: 'conv', key: keyFromSeed(1) }).dispose();
    } finally {
      model.dispose();
    }
  };

  test.each(kernels)('a kernel of %j is refused with the layer and the reason', (size, reason) => {
    expect(attempt(size, {})).toThrow(`[${method.name}] layer "conv"`);
    expect(attempt(size, {})).toThrow(reason);
  });

  test.runIf(depthwise !== undefined)(
    'a depthwise convolution is refused with the layer and the reason',
    () => {
      const layer = tf.layers.depthwiseConv2d({ name: 'conv', inputShape: [6, 6, 2], kernelSize: 3 });
      const model = tf.sequential({ layers: [layer] });
      const expanding = () => expand(model, { method, select: 'conv', key: keyFromSeed(1) });
      expect(expanding).toThrow(`[${method.name}] layer "conv": a depthwise convolution is not supported`);
      expect(expanding).toThrow(depthwise);
      model.dispose();
    },
  );

  test.each(options)('the options %j are refused by name', (given, error) => {
    expect(attempt([3, 3], given)).toThrow(error);
  });
}
