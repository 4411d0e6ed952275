import { foldKey, keyFromSeed, randomNormal } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Regulariser, SharedOutput } from '../contracts';
import { parseOptions } from '../options';
import { testPart } from './part';
import { type DefineTest, ensure, patient } from './runner';

/** What {@link testRegulariser} is told. */
export interface RegulariserKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
}

const names = ['first', 'second', 'third'];

/** Forms of what tasks share: images of features, and features alone. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  'images of features': [3, 4, 5, 6],
  'features alone': [4, 7],
};

/**
 * The conformance kit of the contract `Regulariser`: a pure function that gives one finite number, with finite gradients in
 * the saliencies that are those of its differences, also where a task is absent or nothing is salient, and leaves no tensor
 * behind. It runs on the engine that is in use.
 */
export function testRegulariser(regulariser: Regulariser, kit: RegulariserKit): void {
  const test = patient(kit.test);
  const { options = [{}] } = kit;
  testPart(test, 'regulariser', regulariser);
  for (const given of options) {
    const parsed = () => parseOptions(regulariser.options, given, regulariser.name);
    const title = `${regulariser.name} ${JSON.stringify(given)}`;
    test(`${title}: takes a plain setup`, () => {
      const verdict = regulariser.supports({ tasks: names, batch: 4 }, parsed());
      ensure(verdict === true, `it refuses a plain setup: ${verdict}`);
    });
    for (const [form, shape] of Object.entries(shapes)) {
      test(`${title}, ${form}: its gradients are those of its differences`, () =>
        checkSlopes(regulariser, parsed(), shape));
      test(`${title}, ${form}: takes absent tasks, and saliencies of nothing`, () =>
        checkZeros(regulariser, parsed(), shape));
      test(`${title}, ${form}: does not depend on the batch's order, and leaves no tensor behind`, () =>
        checkPurity(regulariser, parsed(), shape));
    }
  }
}

/** Saliencies that look like noise, of three tasks. */
function saliencies(shape: readonly number[], seed: number): tf.Tensor[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return names.map((_, task) =>
    tf.tensor(randomNormal(foldKey(keyFromSeed(seed), task), count), [...shape], 'float32'),
  );
}

/** The penalty of saliencies at one output. */
function penaltyOf(regulariser: Regulariser, options: unknown, given: readonly tf.Tensor[]): tf.Scalar {
  const outputs: SharedOutput[] = [{ output: tf.onesLike(given[0]!), saliencies: given }];
  const penalty = regulariser.penalty(outputs, options);
  ensure(penalty.rank === 0, `its penalty has the shape [${penalty.shape}], not that of a number`);
  return penalty;
}

const slopesOf = (regulariser: Regulariser, options: unknown, given: readonly tf.Tensor[]) =>
  tf.valueAndGrads((...at: tf.Tensor[]) => penaltyOf(regulariser, options, at))([...given]);

function checkSlopes(regulariser: Regulariser, options: unknown, shape: readonly number[]): void {
  tf.tidy(() => {
    // Away from 0, where penalties of sizes have kinks.
    const at = saliencies(shape, 3).map((saliency) => tf.add(saliency, 2));
    const { value, grads } = slopesOf(regulariser, options, at);
    ensure(Number.isFinite(value.dataSync()[0]), `its penalty is ${value.dataSync()[0]}`);
    const along = saliencies(shape, 4);
    const step = 5e-4;
    const moved = (sign: number) =>
      penaltyOf(
        regulariser,
        options,
        at.map((saliency, task) => tf.add(saliency, tf.mul(along[task]!, sign * step))),
      ).dataSync()[0]!;
    const found = grads.reduce(
      (sum, gradient, task) => sum + tf.sum(tf.mul(gradient, along[task]!)).dataSync()[0]!,
      0,
    );
    const expected = (moved(1) - moved(-1)) / (2 * step);
    // Differences in float32 are rounded.
    const gap = Math.abs(found - expected);
    ensure(
      gap < 0.02 * Math.abs(expected) + 5e-3,
      `its gradient along a direction is ${found}, and its difference ${expected}`,
    );
  });
}

function checkZeros(regulariser: Regulariser, options: unknown, shape: readonly number[]): void {
  tf.tidy(() => {
    const some = saliencies(shape, 5);
    const none = some.map((saliency) => tf.zerosLike(saliency));
    const cases = {
      'an absent task': [some[0]!, none[1]!, some[2]!],
      'nothing salient': none,
      'one task alone': [none[0]!, some[1]!, none[2]!],
      'tasks alike': [some[0]!, some[0]!, some[0]!],
      'small ones': some.map((saliency) => tf.mul(saliency, 1e-6)),
      'large ones': some.map((saliency) => tf.mul(saliency, 1e4)),
    };
    for (const [name, given] of Object.entries(cases)) {
      const { value, grads } = slopesOf(regulariser, options, given);
      const numbers = [value, ...grads].flatMap((tensor) => [...tensor.dataSync()]);
      ensure(numbers.every(Number.isFinite), `${name}: its penalty or a gradient is not finite`);
    }
  });
}

function checkPurity(regulariser: Regulariser, options: unknown, shape: readonly number[]): void {
  tf.tidy(() => {
    const given = saliencies(shape, 6);
    const [one, again] = [0, 1].map(() => penaltyOf(regulariser, options, given).dataSync()[0]!);
    ensure(one === again, `two calls give ${one} and ${again}`);
    const turned = penaltyOf(
      regulariser,
      options,
      given.map((saliency) => tf.reverse(saliency, 0)),
    ).dataSync()[0]!;
    ensure(
      Math.abs(turned - one!) < 1e-4 * (1 + Math.abs(one!)),
      `in another order of examples it is ${turned}, not ${one}`,
    );
  });
  const given = saliencies(shape, 7);
  const outputs = [{ output: given[0]!, saliencies: given }];
  const before = tf.memory().numTensors;
  regulariser.penalty(outputs, options).dispose();
  const left = tf.memory().numTensors - before;
  tf.dispose(given);
  ensure(left === 0, `it leaves ${left} tensors behind`);
}
