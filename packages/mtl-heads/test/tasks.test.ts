import { useEngine } from '@overparam/engine';
import { checkOptions, lookup, parseOptions, registerPlugin, type Task } from '@overparam/plugin';
import { type TaskKit, testTask } from '@overparam/plugin/testing';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { classification, depth, normals, plugin, regression, segmentation, taskFor } from '../src/index';

beforeAll(async () => {
  await useEngine('wasm');
});

const size = [3, 4] as const;
const classOf = (at: number) => [Math.floor(7 * at)];
const image = { label: (at: number) => [0.5 + at], missing: [0] };
const numbers = { label: (at: number) => [4 * at - 2], missing: null };

const tasks: readonly (readonly [Task, Omit<TaskKit, 'test'>])[] = [
  [classification({ name: 'class', classes: 7, labelSmoothing: 0.1 }), { label: classOf, missing: [-1] }],
  [segmentation({ name: 'segmentation', classes: 7, size }), { label: classOf, missing: [-1] }],
  [
    segmentation({ name: 'smooth segmentation', classes: 7, size, labelSmoothing: 0.2, absentClass: 'zero' }),
    { label: classOf, missing: [-1] },
  ],
  [depth({ name: 'depth', size }), image],
  [
    normals({ name: 'normals', size }),
    {
      label: (at) => [Math.cos(7 * at), Math.sin(7 * at) * 0.8, Math.sin(7 * at) * 0.6],
      missing: [0, 0, 0],
    },
  ],
  [regression({ name: 'five numbers', shape: [5] }), numbers],
  [
    regression({ name: 'one number', shape: [], error: 'absolute', missing: -1, unit: 'years' }),
    { label: (at) => [90 * at], missing: [-1] },
  ],
  [
    regression({ name: 'a map of numbers', shape: [...size, 1], error: 'absolute', missing: -1 }),
    { ...image, missing: [-1] },
  ],
  [regression({ name: 'a flat map of numbers', shape: size }), { ...image, missing: null }],
  [regression({ name: 'a map of pairs', shape: [...size, 2] }), { ...numbers, missing: null }],
];

for (const [task, kit] of tasks) testTask(task, { ...kit, test });

/** What the kit says of a task. */
function faultsOf(task: Task, kit: Omit<TaskKit, 'test'>): string {
  const faults: string[] = [];
  const run = (name: string, body: () => void | Promise<void>) => {
    try {
      void body();
    } catch (error) {
      faults.push(`${name}: ${String(error)}`);
    }
  };
  testTask(task, { ...kit, test: run });
  return faults.join('\n');
}

const good = depth({ name: 'depth', size });

test.each<[string, Partial<Task>, RegExp]>([
  [
    'counts pixels without a label in its loss',
    { loss: (x, y) => tf.tidy(() => tf.mean(tf.abs(tf.sub(x, y))) as tf.Scalar) },
    /labels that are missing.*\n.*without labels the loss is/,
  ],
  [
    'divides by all pixels',
    {
      loss: (x, y) =>
        tf.tidy(() => {
          const known = tf.cast(tf.notEqual(y, 0), 'float32');
          return tf.mean(tf.mul(tf.abs(tf.sub(x, y)), known)) as tf.Scalar;
        }),
    },
    /the mean over the parts is another loss/,
  ],
  [
    'has a wrong gradient',
    {
      loss: (x, y) =>
        tf.customGrad((given) => ({
          value: good.loss(given as tf.Tensor, y),
          gradFunc: (dy) => tf.mul(dy, tf.onesLike(x)),
        }))(x) as tf.Scalar,
    },
    /the gradient is off by/,
  ],
  [
    'reads a value in its loss',
    { loss: (x, y) => tf.tidy(() => tf.mul(good.loss(x, y), tf.scalar(y.dataSync().length > 0 ? 1 : 0))) },
    /compiled step.*read/i,
  ],
  [
    'leaves tensors behind',
    { validLabels: (y) => tf.sum(tf.onesLike(y)) as tf.Scalar },
    /1 tensors are left over/,
  ],
  [
    'counts labels that are missing',
    { validLabels: (y) => tf.tidy(() => tf.scalar(y.size)) },
    /72 are counted/,
  ],
  [
    'forgets all but the last batch in its metrics',
    {
      accumulator() {
        let last = good.accumulator();
        return {
          add(prediction, label, count) {
            last = good.accumulator();
            last.add(prediction, label, count);
          },
          result: () => last.result(),
        };
      },
    },
    /in three batches, absoluteError/,
  ],
  [
    'has classes for labels that are numbers',
    { form: 'class' },
    /its form is class, and its labels are float32 \[3,4,1\], not int32 \[\]/,
  ],
  ['has a form that there is not', { form: 'sound' as 'vector' }, /its form is "sound"/],
  [
    'has a picture that changes what it shows',
    {
      picture(prediction, label) {
        label.fill(1);
        return good.picture!(prediction, label);
      },
    },
    /drawing a picture changes/,
  ],
  [
    'has a picture of another size than its label',
    { picture: (prediction, label) => ({ ...good.picture!(prediction, label), width: 3 }) },
    /a picture has 3x3 pixels and the label 3x4/,
  ],
  [
    'has a picture with too few numbers',
    {
      picture: (prediction, label) => ({ ...good.picture!(prediction, label), truth: new Uint8Array(12) }),
    },
    /truth has 12 numbers and not 36/,
  ],
  [
    'declares another metric than it reports',
    { metrics: [{ name: 'error', direction: 'lower', unit: '' }] },
    /declares the metrics error and reports absoluteError,relativeError/,
  ],
])('the kit finds a task that %s', (_, fault, message) => {
  expect(faultsOf({ ...good, ...fault }, image)).toMatch(message);
  expect(faultsOf(good, image)).toBe('');
});

test('a registry finds the kinds of tasks, whose options are those of their kind alone', () => {
  registerPlugin(plugin);
  const label = { shape: [], dtype: 'float32' } as const;
  const age = { name: 'age', kind: 'regression', outputs: 1, label };
  const kind = lookup('task', 'regression');
  const options = parseOptions(kind.options, { error: 'absolute', missing: -1, unit: 'years' });
  const made = kind.make(age, options);
  expect(made.metrics[0]).toMatchObject({ name: 'absoluteError', direction: 'lower', unit: 'years' });
  expect(made.metrics).toEqual(taskFor(age, { error: 'absolute', missing: -1, unit: 'years' }).metrics);
  expect(checkOptions(kind.options, { labelSmoothing: 0.1 }).problems).toHaveLength(1);
  for (const name of ['classification', 'segmentation', 'depth', 'normals']) {
    expect(checkOptions(lookup('task', name).options, { missing: -1 }).problems).toHaveLength(1);
  }
});
