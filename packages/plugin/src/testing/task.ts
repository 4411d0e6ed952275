import { compile, type Key, keyFromSeed, normalTensor } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Task } from '../contracts';
import { type DefineTest, ensure, patient } from './runner';
import { checkPicture } from './task-picture';
import { type Batch, examples, sizeOf, Trial } from './task-trial';

/** What {@link testTask} is told. */
export interface TaskKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** One of the labels that an example is made of, valid, from a number in `[0, 1)`: a class, a depth, a normal. */
  label(at: number): readonly number[];
  /** The numbers that stand for such a label where it is missing; null where labels never are. */
  readonly missing: readonly number[] | null;
}

/**
 * The conformance kit of the contract `Task`: its labels are of its form, missing labels change nothing, a batch without labels costs nothing,
 * the loss is the mean over the valid labels, with the gradient that it says, in a compiled step too, and the metrics
 * depend on what was added and not on how it was split into batches; a picture is a pure function of what it shows.
 */
export function testTask(task: Task, kit: TaskKit): void {
  const test = patient(kit.test);
  const { missing } = kit;
  const trial = new Trial(task, kit);
  const { name } = task;
  test(`${name}: has metrics, and a loss and a count that leave nothing else behind`, () => checkForm(trial));
  if (task.picture)
    test(`${name}: draws pictures of its label and its prediction`, () => checkPicture(trial));
  test(`${name}: its gradient is that of finite differences`, () => checkGradient(trial));
  test(`${name}: computes the same in a compiled step`, () => checkCompiled(trial));
  test(`${name}: its loss is a mean, over the valid labels of any part of a batch`, () => checkMean(trial));
  test(`${name}: its metrics do not depend on how examples are split into batches`, () => checkSplit(trial));
  if (missing === null) return;
  test(`${name}: labels that are missing change nothing`, () => checkMissing(trial));
  test(`${name}: without any label there is no loss and no metric`, () => checkNothing(trial));
}

function ensureClose(found: number, expected: number, tolerance: number, what: string): void {
  const same =
    Object.is(found, expected) || Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected));
  ensure(same, `${what}: ${found} instead of ${expected}`);
}

function ensureSameMetrics(
  found: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
  what: string,
): void {
  for (const [name, value] of Object.entries(expected))
    ensureClose(found[name]!, value, 1e-9, `${what}, ${name}`);
}

function checkForm(trial: Trial): void {
  const { task } = trial;
  checkLabels(task);
  ensure(task.metrics.length > 0, 'it has no metric');
  for (const { name, direction, unit, digits = 0 } of task.metrics) {
    ensure(Number.isInteger(digits) && digits >= 0, `the metric ${name} is shown with ${digits} digits`);
    ensure(
      ['higher', 'lower'].includes(direction),
      `the metric ${name} is better where it is "${direction}" (expected higher or lower)`,
    );
    ensure(typeof unit === 'string', `the metric ${name} has no unit (expected a text, empty for none)`);
  }
  ensure(
    Number.isInteger(trial.labels) && trial.labels > 0,
    `its labels [${task.label.shape}] are not made of labels of ${trial.width} numbers`,
  );
  const batch = trial.batch(1);
  const names = Object.keys(trial.metrics(batch)).sort().join();
  const declared = task.metrics
    .map(({ name }) => name)
    .sort()
    .join();
  ensure(names === declared, `it declares the metrics ${declared} and reports ${names}`);
  const { x, y } = trial.tensors(batch);
  const before = tf.memory().numTensors;
  const results = [task.loss(x, y), task.validLabels(y)];
  const left = tf.memory().numTensors - before;
  ensure(
    results.every((result) => result.rank === 0),
    'the loss or the count of valid labels is no scalar',
  );
  tf.dispose([x, y, ...results]);
  ensure(left === 2, `${left - 2} tensors are left over`);
}

function checkLabels({ form, label: { shape, dtype } }: Task): void {
  const labels = `${dtype} [${shape}]`;
  if (form === 'class')
    ensure(
      shape.length === 0 && dtype === 'int32',
      `its form is class, and its labels are ${labels}, not int32 []`,
    );
  else if (form === 'dense')
    ensure(
      shape.length === 2 || shape.length === 3,
      `its form is dense, and its labels are ${labels}, not [h, w] or [h, w, channels]`,
    );
  else ensure(form === 'vector', `its form is "${form}", not class, dense or vector`);
}

/** How far the gradient of a batch is from finite differences along random directions, in lengths of the gradient. */
function gradientError(trial: Trial, batch: Batch): number {
  const step = 1e-3;
  const { gradient } = trial.evaluate(batch);
  ensure(gradient.every(Number.isFinite), 'the gradient is not finite');
  const length = Math.hypot(...gradient);
  ensure(length > 0, 'the gradient is zero');
  const errors = [1, 2, 3, 4].map((index) => {
    const direction = directionOf(keyFromSeed(index), gradient.length);
    const moved = (sign: number) =>
      trial.evaluate({
        ...batch,
        prediction: batch.prediction.map((value, at) => value + sign * step * direction[at]!),
      }).loss;
    const slope = gradient.reduce((sum, value, at) => sum + value * direction[at]!, 0);
    return Math.abs(slope - (moved(1) - moved(-1)) / (2 * step)) / length;
  });
  return Math.max(...errors);
}

/** The median of several batches counts: in one or two, a kink of the loss may lie within a step. */
function checkGradient(trial: Trial): void {
  const errors = [2, 12, 22, 32, 42].map((seed) => gradientError(trial, trial.batch(seed, some(trial))));
  const error = errors.sort((a, b) => a - b)[2]!;
  ensure(error < 0.02, `the gradient is off by ${error} of its length from finite differences`);
}

function directionOf(key: Key, size: number): Float32Array {
  return tf.tidy(() => normalTensor(key, [size], 0, 1).dataSync().slice() as Float32Array);
}

/** Some labels, where labels can be missing; not equally many of every example. */
function some({ kit }: Trial): (index: number) => boolean {
  return (index) => kit.missing !== null && (index * index) % 7 < 2;
}

function checkCompiled(trial: Trial): void {
  const { task } = trial;
  const batch = trial.batch(3, some(trial));
  const expected = trial.evaluate(batch);
  const { x, y } = trial.tensors(batch);
  const step = compile((inputs) => ({
    loss: task.loss(inputs.x!, inputs.y!),
    valid: task.validLabels(inputs.y!),
  }));
  const results = step({ x, y });
  const [loss, valid] = [results.loss!, results.valid!].map((result) => result.dataSync()[0]!);
  step.dispose();
  tf.dispose([x, y, results]);
  ensureClose(loss!, expected.loss, 1e-5, 'the loss in a compiled step');
  ensureClose(valid!, expected.valid, 0, 'the count in a compiled step');
}

function checkMean(trial: Trial): void {
  const batch = trial.batch(4, some(trial));
  const whole = trial.evaluate(batch);
  let [sum, valid] = [0, 0];
  for (const [from, to] of parts) {
    const part = trial.evaluate(trial.part(batch, from, to));
    sum += part.loss * part.valid;
    valid += part.valid;
  }
  ensureClose(valid, whole.valid, 0, 'the parts have another number of valid labels than the batch');
  ensureClose(
    sum / valid,
    whole.loss,
    1e-5,
    'the mean over the parts is another loss than that of the batch',
  );
}

const parts = [
  [0, 1],
  [1, 3],
  [3, examples],
] as const;

function checkSplit(trial: Trial): void {
  const batch = trial.batch(5, some(trial));
  const whole = trial.metrics(batch);
  const split = parts.map(([from, to]) => trial.part(batch, from, to));
  ensureSameMetrics(trial.metrics(...split), whole, 'in three batches');
  ensureSameMetrics(trial.metrics(...[...split].reverse()), whole, 'in another order');
  const accumulator = trial.task.accumulator();
  accumulator.add(batch.prediction, batch.label, batch.count);
  accumulator.result();
  ensureSameMetrics(accumulator.result(), whole, 'asked for twice');
}

function checkMissing(trial: Trial): void {
  const isMissing = some(trial);
  const batch = trial.batch(6, isMissing);
  const wide = sizeOf(trial.prediction) / trial.labels;
  const belongsToMissing = (number: number) => isMissing(Math.floor(number / wide));
  const other = {
    ...batch,
    prediction: batch.prediction.map((value, index) => (belongsToMissing(index) ? 3 - 2 * value : value)),
  };
  const [first, second] = [trial.evaluate(batch), trial.evaluate(other)];
  ensureClose(second.loss, first.loss, 1e-6, 'with other predictions where labels are missing, the loss');
  const disturbed = first.gradient.findIndex((value, index) => belongsToMissing(index) && value !== 0);
  ensure(disturbed < 0, `number ${disturbed} of the prediction has no label, and a gradient`);
  const all = trial.evaluate(trial.batch(6)).valid;
  const present = Array.from({ length: examples * trial.labels }, (_, index) => index).filter(
    (index) => !isMissing(index),
  ).length;
  ensureClose(first.valid / all, present / (examples * trial.labels), 1e-6, 'the share of valid labels');
  ensureSameMetrics(
    trial.metrics(other),
    trial.metrics(batch),
    'with other predictions where labels are missing',
  );
}

function checkNothing(trial: Trial): void {
  const batch = trial.batch(7, () => true);
  const { loss, gradient, valid } = trial.evaluate(batch);
  ensure(loss === 0, `without labels the loss is ${loss}`);
  ensure(valid === 0, `without labels ${valid} are counted`);
  ensure(
    gradient.every((value) => value === 0),
    'without labels there is a gradient',
  );
  const metrics = Object.entries(trial.metrics(batch));
  for (const [name, value] of metrics) ensure(Number.isNaN(value), `without labels ${name} is ${value}`);
  const whole = trial.batch(8);
  ensureSameMetrics(trial.metrics(batch, whole), trial.metrics(whole), 'after a batch without labels');
}
