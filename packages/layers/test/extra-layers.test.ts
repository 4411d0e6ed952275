import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { extraLayersModule } from '../scripts/extra-layers.mjs';
import { extraLayersScript } from '../src/extra-layers-script';

test('the script is the one that is made of the layers as they are', async () => {
  const file = await readFile(new URL('../src/extra-layers-script.ts', import.meta.url), 'utf8');
  expect(file).toBe(await extraLayersModule());
});

test('the script needs nothing but tf, and registers all layers', () => {
  const registered: string[] = [];
  const stub = {
    ...tf,
    serialization: {
      ...tf.serialization,
      registerClass: ({ className }: { className: string }) => registered.push(className),
    },
  };
  runInNewContext(extraLayersScript, {
    tf: stub,
    globalThis: { tf: stub },
    Error,
    Array,
    Math,
    Float32Array,
  });
  expect(registered.sort()).toEqual([
    'OverparamExpertSelection',
    'OverparamGatedSum',
    'OverparamLearnedVector',
    'OverparamMaxPoolWithPlaces',
    'OverparamMaxUnpool',
    'OverparamResizeAligned',
    'OverparamResizeHalfPixel',
    'OverparamUnitLength',
    'OverparamWeightedSum',
  ]);
});

test('the script says so where TensorFlow.js is missing', () => {
  expect(() => runInNewContext(extraLayersScript, {})).toThrow(/Load TensorFlow.js first/);
});
