import { dilatedResnet50, resnet, segnet, segnetCrossStitch } from '@overparam/backbones';
import { keyFromSeed } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { type Backbone, parseOptions, type TaskForm } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { expandNetwork, layoutOf } from '../src/index';
import { trainedNetwork } from '../src/network';
import { plainNetwork, tasks } from './support/small';

/** Owners of all layers that have one. */
function owners({ layers }: tf.LayersModel, { owner }: ReturnType<typeof layoutOf>): Record<string, string> {
  return Object.fromEntries(
    layers.flatMap(({ name }) => (owner(name) === null ? [] : [[name, owner(name)!]])),
  );
}

const dense = (name: string, from: tf.SymbolicTensor) =>
  tf.layers.dense({ name, units: 2 }).apply(from) as tf.SymbolicTensor;

describe('what a network says of its layers', () => {
  test('a layer belongs to the task whose output alone follows from it; the border is what such layers take', () => {
    const model = plainNetwork();
    const layout = layoutOf(model, tasks);
    expect(owners(model, layout)).toEqual({ first_out: 'first', second_out: 'second' });
    expect(layout.representations).toEqual(['shared2']);
    model.dispose();
  });

  test('with three tasks a layer that two of them share is shared', () => {
    const x = tf.input({ shape: [3] });
    const all = dense('all', x);
    const two = dense('two', all);
    const outputs = [dense('a_out', two), dense('b_out', two), dense('c_out', dense('c_in', all))];
    const model = tf.model({ inputs: x, outputs });
    const layout = layoutOf(model, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect(owners(model, layout)).toEqual({ a_out: 'a', b_out: 'b', c_out: 'c', c_in: 'c' });
    // What c takes, a and b take by way of `two`.
    expect(layout.representations).toEqual([]);
    model.dispose();
  });

  test('there is no border where a task takes the input itself, or answers by a shared layer', () => {
    const x = tf.input({ shape: [3] });
    const shared = dense('shared', x);
    const beside = tf.layers.concatenate({ name: 'beside' }).apply([shared, x]) as tf.SymbolicTensor;
    const around = tf.model({ inputs: x, outputs: [dense('a', shared), dense('b', beside)] });
    expect(layoutOf(around, tasks).representations).toEqual([]);
    const within = tf.model({ inputs: x, outputs: [shared, dense('c', shared)] });
    const layout = layoutOf(within, tasks);
    expect(layout.representations).toEqual([]);
    expect(layout.owner('shared')).toBeNull();
    expect(layout.owner('c')).toBe('second');
    around.dispose();
    within.getLayer('c').dispose();
  });

  test('with a single task all is shared', () => {
    const model = plainNetwork();
    const layout = layoutOf(model, [{ name: 'only' }]);
    expect(owners(model, layout)).toEqual({});
    expect(layout.representations).toEqual([]);
    model.dispose();
  });

  test.each<[Backbone, object, TaskForm]>([
    [segnet, { width: 4 }, 'dense'],
    [dilatedResnet50, { width: 2, rates: [1, 2] }, 'dense'],
    [resnet, { depth: 8, width: 2 }, 'class'],
  ])('agrees with what $name says of itself', (backbone, options, form) => {
    const names = ['one', 'two'].map((name) => ({ name, form, outputs: 3 }));
    const network = backbone.build(
      { inputShape: [32, 32, 3], tasks: names, key: keyFromSeed(1) },
      parseOptions(backbone.options, options),
    );
    const layout = layoutOf(network.model, names);
    expect(owners(network.model, layout)).toEqual(owners(network.model, network));
    expect([...layout.representations].sort()).toEqual([...network.representations].sort());
    network.model.dispose();
  });
});

test('columns with an exchange between them belong to nobody, and what is taken from their middle is no border', () => {
  const names = ['one', 'two'].map((name) => ({ name, form: 'dense' as const, outputs: 3 }));
  const shape = { inputShape: [32, 32, 3], tasks: names, key: keyFromSeed(1) } as const;
  const network = segnetCrossStitch.build(shape, parseOptions(segnetCrossStitch.options, { width: 4 }));
  const layout = layoutOf(network.model, names);
  expect(owners(network.model, layout)).toEqual(owners(network.model, network));
  // The heads unpool by places that the first encoder found.
  expect(layout.representations).toEqual([]);
  network.model.dispose();
});

test('a network that is expanded keeps its layout, and only shared layers get cores of tasks', () => {
  const model = plainNetwork();
  const told: string[] = [];
  const wide = expandNetwork(model, {
    method: trirep,
    tasks,
    key: keyFromSeed(1),
    onLayer: (_done, _total, layer) => told.push(layer),
  });
  expect(told.length).toBeGreaterThan(0);
  expect(owners(wide.model, wide)).toEqual(owners(model, layoutOf(model, tasks)));
  expect(layoutOf(wide.model, tasks).representations).toEqual(wide.representations);
  const cores = trainedNetwork(wide.model, wide).parameters.filter(({ role }) => role === 'core');
  expect(cores.map(({ name, task }) => [name, task])).toEqual([
    ['shared1/core_first', 'first'],
    ['shared1/core_second', 'second'],
    ['shared2/core_first', 'first'],
    ['shared2/core_second', 'second'],
  ]);
  model.dispose();
  wide.model.dispose();
});
