import { keyFromSeed, useEngine } from '@overparam/engine';
import type { Method } from '@overparam/plugin';
import { type DefineTest, ensure, patient } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { expand } from '../expand';

/** What a method must refuse, and what its error must say. */
export interface Refusals {
  /** The runner's own, such as vitest's. */
  readonly test: DefineTest;
  /** Kernel sizes that it cannot take, with a part of the reason each. */
  readonly kernels: readonly (readonly [size: readonly [number, number], reason: string])[];
  /** Why it cannot take a depthwise convolution of 3x3, where it cannot: a part of the reason. */
  readonly depthwise?: string;
  /** Options that are impossible, with a part of the error each. */
  readonly options: readonly (readonly [options: object, error: string])[];
}

/** Tests that a method refuses what it cannot take, on small convolutions: by layer and reason, and options by name. */
export function testRefusals(method: Method, refusals: Refusals): void {
  const { kernels, depthwise, options } = refusals;
  const test = patient(refusals.test);
  const layer = `[${method.name}] layer "conv"`;
  for (const [size, reason] of kernels) {
    test(`a kernel of ${size.join('x')} is refused with the layer and the reason`, () =>
      ensureRefused(method, conv2d(size), {}, [layer, reason]));
  }
  if (depthwise !== undefined) {
    test('a depthwise convolution is refused with the layer and the reason', () => {
      const given = tf.layers.depthwiseConv2d({ name: 'conv', inputShape: [6, 6, 2], kernelSize: 3 });
      const parts = [`${layer}: a depthwise convolution is not supported`, depthwise];
      return ensureRefused(method, given, {}, parts);
    });
  }
  for (const [given, error] of options) {
    test(`the options ${JSON.stringify(given)} are refused by name`, () =>
      ensureRefused(method, conv2d([3, 3]), given, [error]));
  }
}

const conv2d = (size: readonly [number, number]) =>
  tf.layers.conv2d({ name: 'conv', inputShape: [6, 6, 2], filters: 2, kernelSize: [...size] });

async function ensureRefused(
  method: Method,
  layer: tf.layers.Layer,
  options: object,
  parts: readonly string[],
): Promise<void> {
  await useEngine('cpu');
  const model = tf.sequential({ layers: [layer] });
  let said = 'nothing: it was taken';
  try {
    expand(model, { method, options, select: 'conv', key: keyFromSeed(1) }).dispose();
  } catch (error) {
    said = (error as Error).message;
  } finally {
    model.dispose();
  }
  for (const part of parts) ensure(said.includes(part), `the error says "${part}" (it said: ${said})`);
}
