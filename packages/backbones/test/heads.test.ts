import { keyFromSeed, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import { deeplabHead, plugin, pooledHead, segnetHead } from '@overparam/mtl-heads';
import { checkOptions, lookup, type NetworkTask, parseOptions, registerPlugin } from '@overparam/plugin';
import { beforeAll, describe, expect, test } from 'vitest';
import { segnet } from '../src/index';
import { build } from './support';

beforeAll(async () => {
  await useEngine('wasm');
  registerPlugin(plugin);
});

/** The shape of a SegNet's output for a task, or what is said of it. */
function outcome(task: Omit<NetworkTask, 'name'>): unknown {
  const shape = { inputShape: [32, 32, 3], tasks: [{ name: 'own', ...task }], key: keyFromSeed(1) } as const;
  try {
    const { model } = build(segnet, { width: 2 }, shape);
    const output = model.outputShape;
    model.dispose();
    return output;
  } catch (error) {
    if (isOverparamError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const map = { shape: [32, 32, 1], dtype: 'float32' } as const;
const numbers = { shape: [3], dtype: 'float32' } as const;
const pose = { shape: [4, 4], dtype: 'float32' } as const;

describe('a head that cannot serve a task is refused when the network is built', () => {
  test.each<[string, Omit<NetworkTask, 'name'>, RegExp]>([
    [
      'pooled, depth',
      { kind: 'depth', outputs: 1, head: pooledHead },
      /"pooled".*"own".*"depth".*one answer/,
    ],
    [
      'segnet, classification',
      { kind: 'classification', outputs: 4, head: segnetHead },
      /"segnet".*"classification".*take "pooled"/,
    ],
    ['deeplab, classification', { kind: 'classification', outputs: 4, head: deeplabHead() }, /"deeplab"/],
    [
      'pooled, a map of a kind of its own',
      { kind: 'height', outputs: 1, label: map, head: pooledHead },
      /"height".*one answer/,
    ],
    [
      'segnet, numbers of a kind of its own',
      { kind: 'pose', outputs: 3, label: numbers, head: segnetHead },
      /"pose".*gives an image/,
    ],
  ])('%s', (_, task, message) => {
    expect(outcome(task)).toMatch(message);
    expect(outcome(task)).toMatch(/^unsupported-head: \[segnet\]/);
  });
});

test('the head of a kind that is not known here follows from the form of its labels', () => {
  expect(outcome({ kind: 'height', outputs: 1, label: map })).toEqual([null, 32, 32, 1]);
  expect(outcome({ kind: 'pose', outputs: 3, label: numbers })).toEqual([null, 3]);
  expect(outcome({ kind: 'pose', outputs: 16, label: pose })).toEqual([null, 16]);
  expect(outcome({ kind: 'pose', outputs: 3 })).toEqual([null, 3]);
});

test('heads are found by name, with their options', () => {
  expect(lookup('head', 'segnet').make({})).toBe(segnetHead);
  expect(lookup('head', 'pooled').make({})).toBe(pooledHead);
  const kind = lookup('head', 'deeplab');
  expect(parseOptions(kind.options, { filters: 8 })).toEqual({
    filters: 8,
    rates: [12, 24, 36],
    dropout: 0.5,
  });
  expect(checkOptions(kind.options, { filter: 8 }).problems).toHaveLength(1);
  const head = kind.make({ filters: 3, rates: [1, 2], dropout: 0 });
  expect(head.leastBatch?.images).toBe(2);
  const shape = {
    inputShape: [32, 32, 3],
    tasks: [{ name: 'own', kind: 'depth', outputs: 1, head }],
    key: keyFromSeed(1),
  } as const;
  const { model } = build(segnet, { width: 2 }, shape);
  expect(model.getLayer('own_aspp3_conv').getConfig()).toMatchObject({ filters: 3, dilationRate: [2, 2] });
  expect(model.layers.some(({ name }) => name === 'own_aspp4_conv')).toBe(false);
  model.dispose();
});
