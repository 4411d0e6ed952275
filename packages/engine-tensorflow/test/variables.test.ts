import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import type { Step } from '../src/backend/steps';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

const backend = () => tf.backend() as unknown as TensorFlowBackend;
const compile = (step: Step) => backend().compileStep(step);

describe.skipIf(!libraryIsThere())('variables of a compiled step', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test('one that is made inside is an error that names it, and is gone', () => {
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const step = compile((inputs) => {
      const made = tf.variable(tf.zeros([2]), false, 'sum so far');
      made.assign(tf.add(made, inputs.x!));
      return { y: made };
    });
    for (let i = 0; i < 2; i++) {
      expect(() => step({ x })).toThrow(expect.objectContaining({ code: 'variable-in-step' }));
    }
    expect(() => step({ x })).toThrow(/'sum so far' of shape \[2\].*create it before compiling/);
    expect(tf.memory().numTensors).toBe(before);
    tf.variable(tf.zeros([2]), false, 'sum so far').dispose();
  });

  test("tfjs's momentum compiles once it has its slots, and trains as it does uncompiled", () => {
    const loss = (weight: tf.Variable) => () => tf.sum(tf.square(weight)) as tf.Scalar;
    const make = () => ({
      weight: tf.variable(tf.tensor1d([1, -2])),
      optimiser: tf.train.momentum(0.1, 0.9),
    });
    const train = ({ weight, optimiser }: ReturnType<typeof make>) => {
      optimiser.minimize(loss(weight), false, [weight]);
      return {};
    };
    const [fresh, plain, compiled] = [make(), make(), make()];
    expect(() => compile(() => train(fresh))({})).toThrow(/made the variable .*run such an optimiser once/);
    expect([...fresh.weight.dataSync()]).toEqual([1, -2]);
    train(compiled);
    const step = compile(() => train(compiled));
    for (let i = 0; i < 3; i++) step({});
    for (let i = 0; i < 4; i++) train(plain);
    expect([...compiled.weight.dataSync()]).toEqual(
      [...plain.weight.dataSync()].map((value) => expect.closeTo(value, 6)),
    );
    step.dispose();
  });

  test('one may be passed in as well and assigned, again and again', () => {
    const weight = tf.variable(tf.tensor1d([1, 3]));
    const step = compile((inputs) => {
      weight.assign(tf.add(weight, inputs.w!));
      return { old: tf.add(inputs.w!, 0) };
    });
    step({ w: weight });
    const before = backend().binding.getNumOfTensors();
    for (let i = 1; i <= 6; i++) {
      const { old } = step({ w: weight });
      expect([...old!.dataSync()]).toEqual([2 ** i, 3 * 2 ** i]);
      old!.dispose();
      // Every other time it is read in between.
      if (i % 2 === 0) expect([...weight.dataSync()]).toEqual([2 ** (i + 1), 3 * 2 ** (i + 1)]);
    }
    // The value that was read last.
    expect(backend().binding.getNumOfTensors()).toBeLessThanOrEqual(before + 1);
    expect([...tf.add(weight, 0).dataSync()]).toEqual([128, 384]);
    step.dispose();
  });

  test('one that is passed in and changed in place comes in with its old value', () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const attributes = { momentum: 0, nesterov: false, dampening: 0, weightDecay: 0, rateFactor: 1 };
    const step = compile(({ w, gradient, rate, apply }) => {
      const inputs = { parameter: weight, gradient, rate, apply };
      const [next] = tf
        .engine()
        .runKernel('SgdUpdate', inputs as never, attributes) as unknown as tf.Tensor1D[];
      weight.assign(next!);
      return { old: tf.add(w!, 0) };
    });
    for (let i = 0; i < 4; i++) {
      const { old } = step({
        w: weight,
        gradient: tf.ones([2]),
        rate: tf.scalar(1),
        apply: tf.scalar(true, 'bool'),
      });
      expect([...old!.dataSync()]).toEqual([1 - i, 2 - i]);
      expect([...weight.dataSync()]).toEqual([0 - i, 1 - i]);
    }
    step.dispose();
  });
});
