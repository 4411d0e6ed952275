import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { collapse, expand, expansionsOf, gapBetween, plain, sitesOf } from '../src';
import { branchy } from './methods';
import { randomise, refusalOf } from './networks';

const key = keyFromSeed(1);
type Symbolic = tf.SymbolicTensor;

beforeAll(async () => {
  await useEngine('cpu');
});

/** The gap between what tfjs makes of a network and of its expanded and of its collapsed form. */
function gapsOf(model: tf.LayersModel, ...shape: number[]): { expanded: number; collapsed: number } {
  const x = normalTensor(keyFromSeed(4), shape, 0, 1);
  const wide = expand(model, { method: plain, key });
  const { model: deployed } = collapse(wide);
  const [wanted, expanded, collapsed] = [model, wide, deployed].map(
    (network) => network.predict(x, { batchSize: shape[0]! }) as tf.Tensor,
  ) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const gaps = { expanded: gapBetween(expanded, wanted), collapsed: gapBetween(collapsed, wanted) };
  tf.dispose([x, wanted, expanded, collapsed]);
  for (const network of [wide, deployed]) network.dispose();
  return gaps;
}

const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 4, kernelSize: 3, biasInitializer: 'randomNormal', ...options });

describe('a network is read as tfjs runs it', () => {
  test('where a layer was used in another network, on another size', () => {
    const old = tf.input({ shape: [9, 9, 3] });
    const c = conv('c', { strides: 2, padding: 'same' });
    const other = tf.model({ inputs: old, outputs: c.apply(old) as Symbolic });
    const model = tf.sequential({
      layers: [tf.layers.inputLayer({ inputShape: [8, 8, 3] }), other.getLayer('c')],
    });
    // On 9x9 `same` pads one pixel on every side, on 8x8 one pixel at the end.
    expect(sitesOf(model).find(({ layer }) => layer === 'c')?.site).toMatchObject({
      padding: [
        [0, 1],
        [0, 1],
      ],
      inputSizes: [[8, 8]],
    });
    expect(gapsOf(model, 2, 8, 8, 3)).toEqual({ expanded: 0, collapsed: 0 });
  });

  test('where a Sequential runs layers that it does not list', () => {
    const whole = tf.sequential({
      layers: [conv('first', { inputShape: [8, 8, 3], activation: 'tanh' }), conv('second'), conv('third')],
    });
    const rest = tf.sequential({ layers: whole.layers.slice(1) });
    expect(rest.layers.map(({ name }) => name)).toEqual(['second', 'third']);
    const wide = expand(rest, { method: plain, key });
    expect(wide.layers.map(({ name }) => name)).toEqual(['first', 'second', 'third']);
    expect(wide.getClassName()).toBe('Sequential');
    expect(gapsOf(rest, 2, 8, 8, 3)).toEqual({ expanded: 0, collapsed: 0 });
  });

  test('where what a Sequential does not list has branches', () => {
    const x = tf.input({ shape: [8, 8, 4], name: 'x' });
    const sum = tf.layers
      .add({ name: 'sum' })
      .apply([x, conv('side', { padding: 'same' }).apply(x) as Symbolic]);
    const head = conv('head');
    head.apply(sum as Symbolic);
    const model = tf.sequential({ layers: [head, tf.layers.reLU({ name: 'relu' })] });
    const wide = expand(model, { method: plain, key });
    expect(expansionsOf(wide).map(({ layer }) => layer)).toEqual(['side', 'head']);
    expect(gapsOf(model, 2, 8, 8, 4)).toEqual({ expanded: 0, collapsed: 0 });
  });

  test('where a Sequential uses one layer twice', () => {
    const c = conv('c', { inputShape: [8, 8, 4], padding: 'same' });
    const model = tf.sequential({ layers: [c, tf.layers.reLU({ name: 'relu' })] });
    model.add(c);
    expect(gapsOf(model, 1, 8, 8, 4)).toEqual({ expanded: 0, collapsed: 0 });
    const wide = expand(model, { method: plain, key });
    // tfjs counts the layer of a Sequential once for each use.
    expect(model.countParams()).toBe(2 * (9 * 4 * 4 + 4));
    expect(wide.countParams()).toBe(9 * 4 * 4 + 4);
  });

  test('where a Sequential uses a layer twice in a row, and is applied before it is run', () => {
    const c = conv('c', { inputShape: [8, 8, 4], padding: 'same' });
    const twice = tf.sequential({ layers: [c] });
    twice.add(c);
    twice.add(conv('d'));
    const wide = expand(twice, { method: plain, key });
    const x = normalTensor(keyFromSeed(4), [1, 8, 8, 4], 0, 1);
    const d = twice.layers.at(-1)!;
    const wanted = d.apply(c.apply(c.apply(x))) as tf.Tensor;
    for (const network of [wide, collapse(wide).model])
      expect(gapBetween(network.apply(x) as tf.Tensor, wanted)).toBe(0);
  });

  test('where a model inside is used on another size than it was made for', () => {
    const inner = tf.input({ shape: [9, 9, 3] });
    const c = conv('c', { strides: 2, padding: 'same' });
    const base = tf.model({ name: 'base', inputs: inner, outputs: c.apply(inner) as Symbolic });
    const x = tf.input({ shape: [8, 8, 3] });
    const model = tf.model({ inputs: x, outputs: base.apply(x) as Symbolic });
    expect(sitesOf(model).find(({ layer }) => layer === 'base/c')?.site?.inputSizes).toEqual([[8, 8]]);
    expect(gapsOf(model, 2, 8, 8, 3)).toEqual({ expanded: 0, collapsed: 0 });
    // Used on both sizes, `same` means two things.
    const y = tf.input({ shape: [9, 9, 3] });
    const both = tf.model({ inputs: [x, y], outputs: [base.apply(x), base.apply(y)] as Symbolic[] });
    expect(sitesOf(both).find(({ layer }) => layer === 'base/c')?.reason).toContain('different padding');
  });

  test('where sizes are such that a kernel does not fit', () => {
    const x = tf.input({ shape: [2, 8, 3] });
    const model = tf.model({ inputs: x, outputs: conv('c').apply(x) as Symbolic });
    expect(sitesOf(model).find(({ layer }) => layer === 'c')?.reason).toContain(
      'larger than its input of 2x8',
    );
  });
});

describe('expand compares what it made with what it was given', () => {
  /** A layer whose config forgets what it multiplies by. */
  class Forgetful extends tf.layers.Layer {
    static readonly className = 'Forgetful';
    private readonly factor: number;
    constructor(config: { factor?: number; name?: string }) {
      super(config as never);
      this.factor = config.factor ?? 1;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, this.factor);
    }
  }
  const network = (factor: number) => {
    const x = tf.input({ shape: [6, 6, 2] });
    const scaled = new Forgetful({ factor, name: 'scaled' }).apply(conv('a').apply(x));
    return tf.model({ inputs: x, outputs: conv('b').apply(scaled) as Symbolic });
  };

  test('and names the layer where they part', () => {
    const { code, message } = refusalOf(() => expand(network(2), { method: plain, key }));
    expect(code).toBe('expand-mismatch');
    expect(message).toContain('first layer that differs in the network is "scaled"');
    const allowed = expand(network(2), { method: plain, key, allowMismatch: true });
    expect(expansionsOf(allowed)).toHaveLength(2);
    expect(expansionsOf(expand(network(1), { method: plain, key }))).toHaveLength(2);
  });

  test('and names the expansion whose first values are wrong', () => {
    const model = randomise(network(1));
    const wrong = {
      ...branchy,
      expand: (site: never, options: never) => {
        const right = branchy.expand(site, options);
        const isWorst = (site as { name: string }).name === 'b';
        return {
          ...right,
          initialise: (given: never, own: never) => {
            const values = right.initialise(given, own);
            return isWorst ? { ...values, main_beta: values.main_beta!.add(0.5) } : values;
          },
        };
      },
    };
    const { code, message } = refusalOf(() =>
      expand(model, { method: wrong as never, options: { start: 'preserve' }, key }),
    );
    expect(code).toBe('expand-mismatch');
    expect(message).toMatch(/worst layer is "b" \(branchy, gap/);
    // A fresh start changes the function on purpose, and a network that is only counted has none.
    expand(model, { method: wrong as never, key }).dispose();
    expand(model, { method: wrong as never, options: { start: 'preserve' }, key, values: 'zero' }).dispose();
  });

  test('without changing a value or leaving a tensor', () => {
    const model = randomise(network(1));
    const before = tf.memory().numTensors;
    const [compared, not] = [{}, { allowMismatch: true }].map((more) =>
      expand(model, { method: branchy, options: { start: 'preserve' }, key, ...more }),
    ) as [tf.LayersModel, tf.LayersModel];
    expect(compared.getWeights().map((weight) => [...weight.dataSync()])).toEqual(
      not.getWeights().map((weight) => [...weight.dataSync()]),
    );
    for (const wide of [compared, not]) wide.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('what is listed or named twice is refused, and a name that only looks taken is not', () => {
  const x = tf.input({ shape: [4] });
  const dense = tf.layers.dense({ name: 'd', units: 2 }).apply(x) as Symbolic;
  const repeated = refusalOf(() =>
    expand(tf.model({ inputs: x, outputs: [dense, dense] }), { method: plain, key }),
  );
  expect(repeated.code).toBe('repeated-output');
  expect(repeated.message).toContain('lists the output of "d" twice');

  const inner = tf.sequential({
    name: 'a',
    layers: [tf.layers.dense({ name: 'b', units: 2, inputShape: [3] })],
  });
  const outer = tf.sequential({
    layers: [tf.layers.dense({ name: 'a/b', units: 3, inputShape: [4] }), inner],
  });
  const twice = refusalOf(() => expand(outer, { method: plain, key }));
  expect(twice.code).toBe('duplicate-layer');
  expect(twice.message).toContain('would be called "a/b"');

  // What tfjs itself calls the input of a Sequential of this name.
  const layer = tf.layers.dense({ name: 's_input', units: 3, inputShape: [4] });
  expect(gapsOf(tf.sequential({ name: 's', layers: [layer] }), 2, 4).expanded).toBeLessThan(1e-6);
});

test('layers that cannot be made again are refused by name', () => {
  const x = tf.input({ shape: [5, 4] });
  const lstm = tf.layers.lstm({ name: 'lstm', units: 3, stateful: true, batchInputShape: [2, 5, 4] });
  const input = tf.input({ batchShape: [2, 5, 4] });
  const stateful = tf.model({
    inputs: input,
    outputs: tf.layers.dense({ name: 'd', units: 2 }).apply(lstm.apply(input)) as Symbolic,
  });
  const first = refusalOf(() => expand(stateful, { method: plain, key }));
  expect(first.code).toBe('layer-not-copied');
  expect(first.message).toContain('"lstm" is stateful');

  const dense = tf.layers.dense({ name: 'dense', units: 4 });
  const each = tf.layers.timeDistributed({ name: 'each', layer: dense });
  const shared = tf.model({ inputs: x, outputs: dense.apply(each.apply(x)) as Symbolic });
  const second = refusalOf(() => expand(shared, { method: plain, key }));
  expect(second.code).toBe('shared-weights');
  expect(second.message).toMatch(/"each" and "dense" share weights/);
});

test('a dilated convolution that no method takes trains, which tfjs alone cannot do', () => {
  const network = (options: object = {}) => {
    const x = tf.input({ shape: [9, 9, 2] });
    const a = conv('a', { dilationRate: 2, padding: 'same', ...options }).apply(x);
    return tf.model({ inputs: x, outputs: conv('b', { kernelSize: 1 }).apply(a) as Symbolic });
  };
  const model = network();
  const wide = expand(model, { method: plain, select: 'b', key });
  const x = normalTensor(key, [2, 9, 9, 2], 0, 1);
  const gradientOf = (network_: tf.LayersModel) => () =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => tf.mean(tf.square(network_.apply(x) as tf.Tensor)).asScalar());
      return Object.keys(grads).length;
    });
  expect(gradientOf(model)).toThrow(/dilation rates greater than 1/);
  expect(gradientOf(wide)()).toBeGreaterThanOrEqual(4);
  const { model: deployed } = collapse(wide, { norms: 'keep' });
  expect(deployed.getLayer('a').getConfig()).toEqual(model.getLayer('a').getConfig());
  const ruled = refusalOf(() =>
    expand(network({ kernelRegularizer: 'l1l2' }), { method: plain, select: 'b', key }),
  );
  expect(ruled.code).toBe('no-gradient');
  expect(ruled.message).toMatch(/"a" is dilated.*has a kernelRegularizer/);
  // Where no gradient goes through it, it stays what it is.
  const frozen = network({ kernelRegularizer: 'l1l2', trainable: false });
  expect(expansionsOf(expand(frozen, { method: plain, key })).map(({ layer }) => layer)).toEqual(['b']);
  x.dispose();
});
