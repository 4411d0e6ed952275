import { dbMtl, graddrop, mgda, modo, pcgrad, upgrad } from '@overparam/balancers';
import { useEngine } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { regression } from '@overparam/mtl-heads';
import type { Balancer, BalancerNeed, Network, Phase, Schedule } from '@overparam/plugin';
import { repMtl } from '@overparam/regularisers';
import { progressive } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planRoutine, type TrainingStepOptions, trainingStep, withOptions } from '../src/index';
import { plainNetwork, smallBatch, smallNetwork, smallStep, tasks } from './support/small';

beforeAll(async () => {
  await useEngine('cpu');
});

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
// Whatever was refused, nothing of it is left.
afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

/** The error of making a step for the small network. */
function refused(options: Partial<TrainingStepOptions>) {
  const network = options.network ?? smallNetwork();
  try {
    trainingStep({ ...smallStep, network, ...options });
  } catch (error) {
    return error as { code: string; message: string };
  } finally {
    ('model' in network ? network.model : network).dispose();
  }
  throw new Error('the step was not refused');
}

const phase = (changes: Partial<Phase>): Phase => ({
  name: 'mine',
  stage: 'expanded',
  moves: [{}],
  rates: [],
  loss: 'balanced',
  ...changes,
});

/** A schedule of one phase. */
const scheduleOf = (
  only: Phase,
  stages: Schedule['stages'] = [{ stage: 'expanded', from: 0 }],
): Schedule => ({
  phases: [only],
  stages,
  notes: [],
  at: (batch) => ({ phase: only.name, batch, reset: [] }),
});

describe('networks', () => {
  test('without expansions', () => {
    const { code, message } = refused({ network: plainNetwork() });
    expect(code).toBe('not-expanded');
    expect(message).toMatch(/"small" has no expanded layers.*expandNetwork\(\).*plain/);
  });
});

describe('tasks that no output serves', () => {
  const third = regression({ name: 'third', shape: [2] });
  const wide = regression({ name: 'second', shape: [3] });
  test.each<[string, Partial<TrainingStepOptions>, RegExp]>([
    ['too few', { tasks: [tasks[0]!] }, /"small" has 2 outputs, and the tasks are: first\./],
    ['too many', { tasks: [...tasks, third] }, /the tasks are: first, second, third/],
    [
      'of another width',
      { tasks: [tasks[0]!, wide] },
      /Output 1 .* has 2 channels, and task "second" asks for 3/,
    ],
    ['of another name', { tasks: [tasks[0]!, third] }, /has parts of a task "second".*first, third/],
    [
      'that a phase follows',
      { phase: phase({ loss: { task: 'third' } }) },
      /Phase "mine" follows task "third"/,
    ],
  ])('%s', (_, options, message) => {
    const error = refused({ ...options, network: smallNetwork(trirep) });
    expect(error.message).toMatch(message);
    expect(error.code).toBe('task-mismatch');
  });

  test('in another order than trunks', () => {
    const network = smallNetwork(trirep, { multiTask: 'perTask' });
    expect(refused({ network, tasks: [...tasks].reverse() })).toMatchObject({
      code: 'task-mismatch',
      message: expect.stringContaining(
        'trunks for the tasks first, second, and the tasks are: second, first.',
      ),
    });
  });
});

describe('phases that move nothing', () => {
  test.each<[string, Partial<TrainingStepOptions>]>([
    ['no group at all', { phase: phase({ moves: [] }) }],
    ['a role that the method does not have', { phase: phase({ moves: [{ role: 'frame' }] }) }],
    ['a task that has nothing of its own', { phase: phase({ moves: [{ task: 'third' }] }) }],
  ])('%s', (_, options) => {
    const { code, message } = refused(options);
    expect(code).toBe('empty-phase');
    expect(message).toMatch(/Phase "mine" moves nothing.*The network has the roles (core, )?plain/);
  });

  test('a schedule may leave a phase to plain parameters, which always move', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network, schedule: scheduleOf(phase({ moves: [] })) });
    const batch = smallBatch();
    const before = network.model.getWeights()[0]!.dataSync().slice();
    await step(batch, { rate: 0.1 });
    expect(network.model.getWeights()[0]!.dataSync()).not.toEqual(before);
    step.dispose();
    tf.dispose(batch);
    network.model.dispose();
  });
});

describe('balancers that need what the step cannot give', () => {
  const needing = (...needs: readonly string[]): Balancer => ({
    ...(upgrad as Balancer),
    name: 'mine',
    needs: () => needs as readonly BalancerNeed[],
  });
  /** Heads on the input itself: nothing that both share lies before them. */
  const apart = () => {
    const { model, owner } = smallNetwork();
    return { model, owner, representations: [] };
  };
  const trunks = () => smallNetwork(trirep, { multiTask: 'perTask' });
  const gradients = 'representation' as const;
  test.each<[string, () => Network, Partial<TrainingStepOptions>, RegExp]>([
    [
      'a representation where there is none',
      apart,
      { balancer: mgda, gradients },
      /"mgda": .*no layers whose outputs separate/,
    ],
    [
      'a representation that trunks do not share',
      trunks,
      { balancer: mgda, gradients },
      /no representation that tasks share/,
    ],
    [
      'averages over representations, which it refuses itself',
      smallNetwork,
      { balancer: dbMtl, gradients },
      /"db-mtl": averages gradients over updates/,
    ],
    [
      'averages over representations, which it does not think of',
      smallNetwork,
      {
        balancer: { ...needing('averagedGradients'), averaging: () => ({ of: 'loss', decay: 0.9 }) },
        gradients,
      },
      /"mine": .*representations of different batches/,
    ],
    ['averages over trunks', trunks, { balancer: dbMtl }, /trunk of its own/],
    [
      'what no step has',
      smallNetwork,
      { balancer: needing('hessian') },
      /"mine": it needs "hessian", and a step gives losses, gramian/,
    ],
    [
      'averages that it does not define',
      smallNetwork,
      { balancer: needing('averagedGradients') },
      /no function "averaging"/,
    ],
    [
      'elements that it does not weigh',
      smallNetwork,
      { balancer: needing('elements') },
      /no function "elementFactors"/,
    ],
    [
      'two batches of averages',
      smallNetwork,
      {
        balancer: {
          ...needing('secondBatch', 'averagedGradients'),
          averaging: () => ({ of: 'loss', decay: 0.9 }),
        },
      },
      /averagedGradients and secondBatch, and a step gives one/,
    ],
    [
      'two batches of representations',
      smallNetwork,
      { balancer: modo, gradients },
      /"modo": .*two batches.*Set gradients: parameters/,
    ],
    [
      'elements of a representation where there is none',
      apart,
      { balancer: graddrop, gradients },
      /"graddrop": .*no layers whose outputs separate/,
    ],
    [
      'losses that it does not take',
      smallNetwork,
      { balancer: needing('lossesAfterStep') },
      /no function "afterStep"/,
    ],
  ])('%s', (_, network, options, message) => {
    const error = refused({ ...options, network: network() });
    expect(error.message).toMatch(message);
    expect(error.code).toBe('unsupported-balancer');
  });

  test('an update without the second batch that it compares with', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network, balancer: modo });
    const [batch, second] = [smallBatch(), smallBatch()];
    await expect(step(batch, { rate: 0.1 })).rejects.toMatchObject({
      code: 'batch-incomplete',
      message: expect.stringMatching(/"modo" compares two batches.*as `second`/),
    });
    const { x } = second;
    await expect(step(batch, { rate: 0.1, second: { x: x! } })).rejects.toMatchObject({
      message: expect.stringMatching(/lacks label/),
    });
    await step(batch, { rate: 0.1, second });
    step.dispose();
    tf.dispose([batch, second]);
    network.model.dispose();
  });

  test('wrong options of one are named', () => {
    expect(() => withOptions(pcgrad, { head: 'weighted' })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('"heads"') }),
    );
  });
});

describe('regularisers of networks whose tasks share nothing to look at', () => {
  const apart = () => {
    const { model, owner } = smallNetwork();
    return { model, owner, representations: [] };
  };
  test.each<[string, () => Network, Partial<TrainingStepOptions>, RegExp]>([
    ['heads on the input', apart, {}, /"rep-mtl": .*no layers whose outputs separate/],
    [
      'trunks',
      () => smallNetwork(trirep, { multiTask: 'perTask' }),
      {},
      /no representation that tasks share/,
    ],
  ])('%s', (_, network, options, message) => {
    const error = refused({ ...options, regulariser: repMtl, network: network() });
    expect(error.message).toMatch(message);
    expect(error.code).toBe('unsupported-regulariser');
  });
});

describe('balancers that give what they must not', () => {
  const equal = (losses: readonly number[]) => losses.map(() => 1);
  const giving = (change: Partial<Balancer>): Balancer => ({
    ...(upgrad as Balancer),
    name: 'mine',
    needs: () => ['losses', 'lossesAfterStep'],
    initialise: () => ({ pace: [0, 0] }),
    weights: ({ losses }, _, state) => ({ weights: equal(losses), heads: equal(losses), state }),
    afterStep: (_before, _after, _present, state) => state,
    ...change,
  });
  test.each<[string, Partial<Balancer>, RegExp]>([
    [
      'a first state that is not finite',
      { initialise: () => ({ pace: [0, NaN] }) },
      /state\.pace\[1\] is NaN/,
    ],
    [
      'a state that is not finite',
      {
        weights: ({ losses }) => ({
          weights: equal(losses),
          heads: equal(losses),
          state: { pace: Number.POSITIVE_INFINITY },
        }),
      },
      /"mine": its state\.pace is Infinity/,
    ],
    ['no state', { afterStep: () => undefined as never }, /its state is undefined/],
    [
      'a state that is not finite after the step',
      { afterStep: () => ({ pace: [[1], [Number.NEGATIVE_INFINITY]] }) },
      /its state\.pace\[1\]\[0\] is -Infinity/,
    ],
    [
      'too few weights',
      { weights: ({ losses }, _, state) => ({ weights: [1], heads: equal(losses), state }) },
      /it gave 1 weights for 2 tasks/,
    ],
  ])('%s', async (_, change, message) => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network, balancer: giving(change) });
    const batch = smallBatch();
    const error = await step(batch, { rate: 0.1 }).catch(
      (thrown) => thrown as { code: string; message: string },
    );
    step.dispose();
    tf.dispose(batch);
    network.model.dispose();
    expect(error).toMatchObject({ code: 'balancer-broken', message: expect.stringMatching(message) });
  });
});

describe('schedules', () => {
  test('with stages are for the loop', () => {
    const network = smallNetwork(trirep, { multiTask: 'shared', frames: 'channel' });
    const schedule = planRoutine(progressive, { network, tasks, updates: 10, updatesPerEpoch: 5 });
    const { code, message } = refused({ network, schedule });
    expect(code).toBe('unsupported-routine');
    expect(message).toMatch(/plain, expanded, collapsed.*Use TrainingLoop/);
  });

  test('that do not bring merging trunks together are refused when they are planned', () => {
    const network = smallNetwork(trirep, { multiTask: 'merge' });
    expect(() => planRoutine(never, { network, tasks, updates: 10, updatesPerEpoch: 5 })).toThrow(
      expect.objectContaining({ code: 'unsupported-routine', message: expect.stringContaining('"tau"') }),
    );
    network.model.dispose();
  });

  const never = {
    ...progressive,
    name: 'never',
    plan: () => scheduleOf(phase({})),
  };
});

describe('calls', () => {
  test('with a batch that lacks a tensor', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network });
    const batch = smallBatch();
    const { 'label/second': _, ...without } = batch;
    await expect(step(without, { rate: 0.1 })).rejects.toMatchObject({
      code: 'batch-incomplete',
      message: expect.stringMatching(/lacks label\/second; it has x, label\/first\./),
    });
    await expect(step({}, { rate: 0.1 })).rejects.toThrow(
      /lacks x, label\/first, label\/second; it has none/,
    );
    // Nothing is amiss afterwards.
    await expect(step(batch, { rate: 0.1 })).resolves.toMatchObject({ labels: [10, 10] });
    step.dispose();
    tf.dispose(batch);
    network.model.dispose();
  });

  test('with labels of another shape', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network });
    const batch = smallBatch();
    const bad = { ...batch, 'label/second': tf.zeros([4, 7]) };
    await expect(step(bad, { rate: 0.1 })).rejects.toThrow();
    step.dispose();
    tf.dispose([batch, bad]);
    network.model.dispose();
  });

  test('after the step was disposed', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network });
    const batch = smallBatch();
    await step(batch, { rate: 0.1 });
    step.dispose();
    await expect(step(batch, { rate: 0.1 })).rejects.toMatchObject({
      code: 'step-disposed',
      message: expect.stringContaining('Make a new one'),
    });
    // The network is still there, for the next one.
    const next = trainingStep({ ...smallStep, network });
    await expect(next(batch, { rate: 0.1 })).resolves.toMatchObject({ loss: expect.any(Number) });
    next.dispose();
    tf.dispose(batch);
    network.model.dispose();
  });

  test('with a loss that is not finite, which changes nothing', async () => {
    const network = smallNetwork();
    const step = trainingStep({ ...smallStep, network, balancer: upgrad });
    const { x, ...labels } = smallBatch();
    const batch = { ...labels, x: tf.mul(x!, Number.NaN) };
    x!.dispose();
    const before = network.model.getWeights().map((weight) => weight.dataSync().slice());
    await expect(step(batch, { rate: 0.1 })).rejects.toMatchObject({
      code: 'non-finite',
      message: expect.stringMatching(/^Update 1 .*the input images/),
    });
    expect(network.model.getWeights().map((weight) => weight.dataSync())).toEqual(before);
    step.dispose();
    tf.dispose(batch);
    network.model.dispose();
  });
});
