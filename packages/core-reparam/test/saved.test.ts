import { keyFromSeed, useEngine } from '@overparam/engine';
import { definePlugin, type Method, registered } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { collapse, expand, isOverparamError, plain, weightSpace } from '../src';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

const named = (name: string): Method =>
  ({
    ...plain,
    name,
    options: z.strictObject({ start: z.enum(['fresh', 'preserve']).default('fresh') }),
    expand: (site) =>
      weightSpace(site, {
        parameters: [{ name: 'core', shape: site.kernelShape, role: 'core' }],
        kernel: ({ core }) => core as tf.Tensor4D,
        initialise: ({ kernel }) => ({ core: tf.clone(kernel) }),
        decay: 'parameters',
      }),
  }) as Method;

/** The topology of a network that was expanded by a method, as a file holds it. */
function saved(method: Method): object {
  const model = tf.sequential({ layers: [tf.layers.dense({ name: 'dense', units: 2, inputShape: [3] })] });
  return JSON.parse(JSON.stringify(expand(model, { method, key }).toJSON(null, false)));
}

async function refusal(json: object): Promise<string> {
  try {
    await tf.models.modelFromJSON(json as never);
  } catch (error) {
    if (isOverparamError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

test("a network is read once its method's package is imported, which defines its plugin", async () => {
  const method = named('imported');
  const json = saved(method);
  // Nothing has defined it as yet, as in a process that reads a file first.
  expect(await refusal(json)).toMatch(
    /^unknown-method: The network's layer "dense" was expanded by the method "imported".*Import the method's package/,
  );
  definePlugin({ name: '@example/method-imported', apiVersion: 1, methods: [method] });
  expect(registered('method').map(({ name }) => name)).not.toContain('imported');
  const read = await tf.models.modelFromJSON(json as never);
  expect(collapse(read).report.ok).toBe(true);
  // Saved from now on, the file says where its method came from.
  const text = JSON.stringify(saved(method)).replaceAll('imported', 'exported');
  expect(await refusal(JSON.parse(text))).toMatch(
    /Import "@example\/method-exported", which it came with, before the network is read: import '@example\/method-exported';/,
  );
});

test('the baseline needs nothing but this package', async () => {
  expect(registered('method')).toEqual([]);
  const read = await tf.models.modelFromJSON(saved(plain as Method) as never);
  expect(collapse(read).report.ok).toBe(true);
});

test('of two methods of one name, neither is guessed', async () => {
  const json = saved(named('twice'));
  for (const from of ['a', 'b']) definePlugin({ name: from, apiVersion: 1, methods: [named('twice')] });
  expect(await refusal(json)).toMatch(
    /^duplicate-name: The plugins "a" and "b" both define the method "twice"/,
  );
});
