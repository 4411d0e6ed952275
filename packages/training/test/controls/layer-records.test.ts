import { plain } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import { fnl } from '@overparam/method-fnl';
import { trirep } from '@overparam/method-new';
import { regression } from '@overparam/mtl-heads';
import type { Phase } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Follower } from '../../src/following';
import { expandNetwork, gainMeter, type TrainedNetwork, trainedNetwork, trainingStep } from '../../src/index';
import { LayerRecorder } from '../../src/layer-records';

/**
 * A linear layer W on inputs whose second moments are the identity, with the mean of squares over n examples and m outputs as
 * its loss: its gradient there is (2 / m) (W - A), so that every direction relaxes to A by itself.
 */
const side = 2;
const target = [3, 1] as const;
const key = keyFromSeed(5);
const task = regression({ name: 'y', shape: [side] });
const all: Phase = { name: 'all', stage: 'expanded', moves: [{}], rates: [], loss: 'balanced' };
/** Of the loss by the distance to the target. */
const curvature = 2 / side;

beforeAll(() => useEngine('cpu'));

/** Inputs sqrt(n) times the identity: their second moments are the identity. */
function batch(): tf.NamedTensorMap {
  return tf.tidy(() => {
    const x = tf.eye(side).mul(Math.sqrt(side));
    const wanted = tf.matMul(x as tf.Tensor2D, tf.diag(tf.tensor1d([...target])) as tf.Tensor2D);
    return { x, 'label/y': wanted };
  });
}

/** A network of the layer `line`, whose kernel begins as the diagonal matrix of `start`. */
function line(method: typeof plain | typeof fnl | typeof trirep, options: object, start: readonly number[]) {
  const x = tf.input({ shape: [side] });
  const layer = tf.layers.dense({ name: 'line', units: side, useBias: false });
  const model = tf.model({ inputs: x, outputs: layer.apply(x) as tf.SymbolicTensor });
  const kernel = tf.tidy(() => tf.diag(tf.tensor1d([...start])) as tf.Tensor2D);
  layer.setWeights([kernel]);
  kernel.dispose();
  const network = expandNetwork(model, { method: method as never, options, tasks: [task], key });
  model.dispose();
  return network;
}

function recorderOf(network: TrainedNetwork) {
  const recording = { norms: 1, gains: 1, shapes: 1 } as const;
  return new LayerRecorder(network, {
    recording,
    tasks: [task],
    parameterGroups: [],
    updatesPerEpoch: 1,
    key,
  });
}

/** The effective rank of a diagonal matrix. */
function rankOf(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const shares = values.map((value) => Math.abs(value) / total);
  return Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
}

/** Trains with plain SGD and hands every update's record to `see`. */
async function follow(
  expanded: ReturnType<typeof line>,
  rate: number,
  updates: number,
  see: (record: NonNullable<Awaited<ReturnType<LayerRecorder['record']>>>) => void,
  around: (update: number, work: () => Promise<unknown>) => Promise<unknown> = (_, work) => work(),
) {
  const step = trainingStep({ network: expanded, tasks: [task], optimiser: { name: 'sgd' } });
  const { network } = step.trained;
  const recorder = recorderOf(network);
  const given = batch();
  for (let update = 0; update < updates; update++) {
    see((await recorder.record(update, all, given))!);
    await around(update, () => step(given, { rate }));
  }
  see((await recorder.record(updates, all, null))!);
  const kernel = tf.tidy(() => {
    const [layer] = expanded.model.layers.filter(({ name }) => name === 'line');
    return (layer!.apply(tf.eye(side)) as tf.Tensor).dataSync();
  });
  tf.dispose(given);
  recorder.dispose();
  step.dispose();
  expanded.model.dispose();
  return kernel;
}

describe('records of layers equal closed forms', () => {
  test('of one linear layer: s(t) = a + (1 - rate c)^t (s(0) - a), and a gain of 1', async () => {
    const start = [0.5, -2];
    const rate = 0.1;
    const at = (update: number) =>
      start.map((value, i) => target[i]! + (1 - rate * curvature) ** update * (value - target[i]!));
    let seen = 0;
    await follow(line(plain, {}, start), rate, 12, ({ update, norms, ranks, gains }) => {
      const wanted = at(update);
      expect(norms!.line).toBeCloseTo(Math.hypot(...wanted), 5);
      expect(ranks!.line).toBeCloseTo(rankOf(wanted), 5);
      if (update < 12) expect(gains!.line).toBeCloseTo(1, 5);
      seen++;
    });
    expect(seen).toBe(13);
  });

  /** How far records of two linear layers are from their closed form at most, over a time in so many updates. */
  async function distanceToSaxe(updates: number): Promise<number> {
    // Saxe et al. (ICLR 2014), equation 8: ds/dt = 2 c s (a - s), of s = u v with u = v.
    const start = [0.3, 0.1];
    const rate = 1.5 / updates;
    const at = (update: number) =>
      start.map((s, i) => {
        const a = target[i]!;
        return a / (1 + (a / s - 1) * Math.exp(-2 * curvature * a * rate * update));
      });
    const form = { form: 'wide', rankScale: 1, initialisation: 'spectral', decay: 'parameters' };
    let worst = 0;
    await follow(line(fnl, form, start), rate, updates, ({ update, norms, ranks, gains }) => {
      const wanted = at(update);
      const squares = wanted.map((s, i) => (s - target[i]!) ** 2);
      const total = squares.reduce((sum, g) => sum + g, 0);
      const gain = wanted.reduce((sum, s, i) => sum + 2 * s * squares[i]!, 0) / total;
      const away = (found: number, value: number) => Math.abs(found - value) / value;
      worst = Math.max(worst, away(norms!.line!, Math.hypot(...wanted)), away(ranks!.line!, rankOf(wanted)));
      if (update < updates) worst = Math.max(worst, away(gains!.line!, gain));
    });
    return worst;
  }

  test('of two linear layers: every balanced mode is a logistic curve, and its gain 2 s', async () => {
    // The curve is of steps that are infinitely small: half as far with steps of half the length.
    const [coarse, fine] = [await distanceToSaxe(150), await distanceToSaxe(300)];
    expect(fine).toBeLessThan(0.02);
    expect(coarse / fine).toBeGreaterThan(1.8);
    expect(coarse / fine).toBeLessThan(2.2);
  });

  test("of TriRep's frame around a first core: its gain is 1 + a^2 <G M^T M, G> / <G, G>", async () => {
    const start = [0.5, -2];
    const strength = 0.5;
    const gradient = start.map((value, i) => value - target[i]!);
    const squares = gradient.map((g) => g ** 2);
    const framed = squares.reduce((sum, g, i) => sum + g * start[i]! ** 2, 0);
    const total = squares.reduce((sum, g) => sum + g, 0);
    await follow(line(trirep, { start: 'preserve', strength }, start), 0, 1, ({ gains, update }) => {
      if (update === 0) expect(gains!.line).toBeCloseTo(1 + (strength ** 2 * framed) / total, 5);
    });
  });
});

describe('controls', () => {
  test('a kernel that follows norms has them after each update, and the direction of its own updates', async () => {
    const wanted = [4, 3, 2.5];
    const records = wanted.map((norm, update) => ({ update, norms: { line: norm } }));
    const expanded = line(plain, {}, [0.5, -2]);
    const follower = new Follower(
      { what: 'norms', records },
      trainedNetwork(expanded.model, { owner: () => null, representations: [] }),
    );
    const norms: number[] = [];
    const kernel = await follow(
      expanded,
      0.1,
      2,
      ({ norms: found }) => norms.push(found!.line!),
      (update, work) => follower.around(update, work),
    );
    expect(norms.slice(1)).toEqual(wanted.slice(1).map((norm) => expect.closeTo(norm, 5)));
    // By hand: scaled to 4, an update, scaled to 3, an update, scaled to 2.5.
    const scaled = (w: number[], norm: number) => w.map((value) => (value * norm) / Math.hypot(...w));
    const updated = (w: number[]) => w.map((value, i) => value - 0.1 * curvature * (value - target[i]!));
    const byHand = scaled(updated(scaled(updated(scaled([0.5, -2], 4)), 3)), 2.5);
    expect(kernel[0]).toBeCloseTo(byHand[0]!, 5);
    expect(kernel[3]).toBeCloseTo(byHand[1]!, 5);
  });

  /** How far the plain layer at the recorded gains ends from the framed one, after the same time in steps of `rate`. */
  async function distance(rate: number, start: readonly number[], time: number): Promise<number> {
    const updates = Math.round(time / rate);
    const records: { update: number; gains: Record<string, number> }[] = [];
    const framed = await follow(
      line(
        trirep,
        { start: 'preserve', strength: 1, branches: { pointwise: false, identity: false } },
        start,
      ),
      rate,
      updates,
      ({ update, gains }) => gains && records.push({ update, gains: { ...gains } }),
    );
    const expanded = line(plain, {}, start);
    const follower = new Follower(
      { what: 'rates', records },
      trainedNetwork(expanded.model, { owner: () => null, representations: [] }),
    );
    const matched = await follow(
      expanded,
      rate,
      updates,
      () => {},
      (update, work) => follower.around(update, work),
    );
    return Math.hypot(...framed.map((value, i) => value - matched[i]!));
  }

  test('the rate-matched control takes a framed core’s step where its core is a multiple of a rotation', async () => {
    // There G M^T M is a multiple of G, so that one update differs in its second order alone: a half, a quarter.
    const coarse = await distance(0.02, [-1.5, 1.5], 0.02);
    const fine = await distance(0.01, [-1.5, 1.5], 0.01);
    expect(coarse).toBeGreaterThan(1e-4);
    expect(coarse / fine).toBeGreaterThan(3.5);
    expect(coarse / fine).toBeLessThan(4.5);
  });

  test('and its whole trajectory where one direction is all that there is to learn', async () => {
    // The second output is learnt already: the gradient stays along one direction, which the gain scales exactly.
    const coarse = await distance(0.01, [0.5, target[1]], 1);
    const fine = await distance(0.005, [0.5, target[1]], 1);
    expect(coarse).toBeLessThan(0.02);
    expect(coarse / fine).toBeGreaterThan(1.7);
    expect(coarse / fine).toBeLessThan(2.3);
  });

  test('what cannot be followed is refused with words', () => {
    const expanded = line(plain, {}, [1, 1]);
    const network = trainedNetwork(expanded.model, { owner: () => null, representations: [] });
    const follower = (what: 'norms' | 'rates', record: object) => () =>
      new Follower({ what, records: [{ update: 0, ...record }] }, network);
    expect(follower('norms', {})).toThrow(/has no records of norms/);
    expect(follower('rates', { norms: { line: 1 } })).toThrow(/has no records of gains/);
    expect(follower('norms', { norms: { other: 1 } })).toThrow(
      /records of the layer "other", which this network has not/,
    );
    expect(follower('norms', { norms: { line: 1 }, folded: ['line'] })).toThrow(
      /has taken the norm behind it over/,
    );
    expanded.model.dispose();
  });

  test('a gain is measured without changing anything, and leaves no tensor', async () => {
    const expanded = line(trirep, { frames: 'channel' }, [1, 2]);
    const network = trainedNetwork(expanded.model, { owner: () => null, representations: [] });
    const meter = gainMeter({ network, tasks: [task], phase: all });
    const given = { x: normalTensor(key, [4, side], 0, 1), 'label/y': normalTensor(key, [4, side], 0, 1) };
    await meter(given);
    const before = tf.memory().numTensors;
    const values = network.parameters.map(({ variable }) => [...variable.dataSync()]);
    await meter(given);
    expect(tf.memory().numTensors).toBe(before);
    expect(network.parameters.map(({ variable }) => [...variable.dataSync()])).toEqual(values);
    meter.dispose();
    tf.dispose(given);
    expanded.model.dispose();
  });
});
