import { keyFromSeed, useEngine } from '@overparam/engine';
import { definePlugin, type Method } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { costCard, type ExpandOptions, expand, expansionsOf, plain, weightSpace } from '../src';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

/** The kernel as a sum of two, of 3x3 kernels only. */
const twice: Method = {
  apiVersion: 1,
  name: 'twice',
  summary: 'A sum of two kernels.',
  options: z.strictObject({ start: z.literal('preserve').default('preserve') }),
  supports: ({ kernelShape: [kh] }) => kh === 3 || 'it is not 3x3',
  expand: (site) =>
    weightSpace(site, {
      parameters: [
        { name: 'one', shape: site.kernelShape, role: 'core', continues: 'kernel' },
        { name: 'two', shape: site.kernelShape, role: 'branch' },
      ],
      kernel: ({ one, two }) => one!.add(two!) as tf.Tensor4D,
      initialise: ({ kernel }) => ({ one: kernel.clone(), two: tf.zerosLike(kernel) }),
      decay: 'parameters',
    }),
};
definePlugin({ name: 'ranking', apiVersion: 1, methods: [twice] });

/** 3x3 kernels of 18, 36, 72 and 72 numbers, all of one value each, and a 1x1 kernel with the largest norm. */
function network() {
  const values = [3, 1, 2, 0.1];
  const layers = [2, 2, 4, 2].map((filters, index) =>
    tf.layers.conv2d({
      name: `c${index}`,
      ...(index === 0 && { inputShape: [6, 6, 1] }),
      filters,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: tf.initializers.constant({ value: values[index]! }),
    }),
  );
  const large = tf.initializers.constant({ value: 100 });
  const last = tf.layers.conv2d({ name: 'point', filters: 1, kernelSize: 1, kernelInitializer: large });
  return tf.sequential({ layers: [...layers, last] });
}

function chosenBy(select: object): string[] {
  const model = network();
  const expanded = expand(model, { method: twice, select, key } as ExpandOptions);
  const names = expansionsOf(expanded).map(({ layer }) => layer);
  model.dispose();
  expanded.dispose();
  return names;
}

test.each([
  // Norms: 3 sqrt(18) = 12.7, sqrt(36) = 6, 2 sqrt(72) = 17.0, 0.1 sqrt(72) = 0.8.
  [{ top: 1, by: 'weightNorm' }, ['c2']],
  [{ top: 3, by: 'weightNorm' }, ['c0', 'c1', 'c2']],
  [{ fraction: 0.5, by: 'weightNorm' }, ['c0', 'c2']],
  [{ fraction: 0.01, by: 'weightNorm' }, ['c2']],
  [{ top: 1, by: 'weightNorm', among: { not: 'c2' } }, ['c0']],
  [{ top: 2, by: 'weightNorm', among: { any: ['c1', 'c3', 'point'] } }, ['c1', 'c3']],
  // Of equal layers the first.
  [{ top: 1, by: 'parameters' }, ['c2']],
  [{ budget: 72, by: 'weightNorm' }, ['c2']],
  // c2 does not fit, c0 and c1 do.
  [{ budget: 60, by: 'weightNorm' }, ['c0', 'c1']],
  [{ budget: 1000, by: 'weightNorm' }, ['c0', 'c1', 'c2', 'c3']],
])('%j chooses %j', (select, wanted) => {
  expect(chosenBy(select)).toEqual(wanted);
});

test.each([
  [{ top: 5, by: 'weightNorm' }, 'the top 5 layers by weightNorm, and there are 4 to choose from'],
  [{ budget: 17, by: 'weightNorm' }, 'the cheapest layer, "c0", takes 18'],
  [{ top: 0, by: 'weightNorm' }, 'a whole number of at least 1'],
  [{ top: 1.5, by: 'weightNorm' }, 'a whole number of at least 1'],
  [{ fraction: 1.5, by: 'weightNorm' }, 'a number above 0, up to 1'],
  [{ top: 1, by: 'norm' }, 'one of "weightNorm", "parameters"'],
  [{ top: 1 }, 'by'],
  [{ top: 1, budget: 3, by: 'parameters' }, 'top and budget say how many layers; keep one of them'],
  [{ top: 1, by: 'parameters', among: 'c9' }, 'Unknown layer "c9"'],
  [{ not: { top: 1, by: 'parameters' } }, 'option "select" must be one of'],
])('%j is refused: %s', (select, words) => {
  expect(() => chosenBy(select)).toThrow(words);
});

test('a later selection takes what a ranking leaves', () => {
  const model = network();
  const selections = [{ method: twice, select: { top: 2, by: 'weightNorm' } as const }, { method: plain }];
  const expanded = expand(model, { selections, key });
  expect(expansionsOf(expanded).map(({ layer, method }) => `${layer} ${method}`)).toEqual([
    'c0 twice',
    'c1 plain',
    'c2 twice',
    'c3 plain',
    'point plain',
  ]);
  model.dispose();
  expanded.dispose();
});

test('the cost card shows what each expanded layer costs, and how it scores', async () => {
  const model = network();
  const expanded = expand(model, { method: twice, select: { top: 2, by: 'weightNorm' }, key });
  const { layers } = await costCard(expanded);
  expect(layers).toEqual([
    { layer: 'c0', method: 'twice', parameters: 38, deployed: 18, weightNorm: expect.closeTo(12.728, 3) },
    { layer: 'c2', method: 'twice', parameters: 148, deployed: 72, weightNorm: expect.closeTo(16.971, 3) },
  ]);
  model.dispose();
  expanded.dispose();
});
