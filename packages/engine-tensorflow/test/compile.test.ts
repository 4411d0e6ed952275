import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import type { Step } from '../src/backend/steps';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

const backend = () => tf.backend() as unknown as TensorFlowBackend;
const compile = (step: Step) => backend().compileStep(step);

describe.skipIf(!libraryIsThere())('compiled steps', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test('gives what the step gives, for each shape', () => {
    const step = compile(({ x }) => ({ y: tf.sum(tf.mul(x!, 3)) }));
    expect(step({ x: tf.tensor1d([1, 2]) }).y!.dataSync()[0]).toBe(9);
    expect(step({ x: tf.tensor1d([2, 2]) }).y!.dataSync()[0]).toBe(12);
    expect(step({ x: tf.tensor2d([[1], [2], [3]]) }).y!.dataSync()[0]).toBe(18);
    step.dispose();
    expect(() => step({ x: tf.tensor1d([1, 2]) })).toThrow(/after its dispose/);
  });

  test('reads and assigns variables, also after they were changed from outside', () => {
    const counter = tf.variable(tf.scalar(1));
    const step = compile(() => {
      counter.assign(tf.add(counter, 1));
      return { now: counter };
    });
    expect(step({}).now!.dataSync()[0]).toBe(2);
    expect(counter.dataSync()[0]).toBe(2);
    const kept = counter.clone();
    expect(step({}).now!.dataSync()[0]).toBe(3);
    expect(kept.dataSync()[0]).toBe(2);
    counter.assign(tf.scalar(10));
    expect(step({}).now!.dataSync()[0]).toBe(11);
    expect(tf.add(counter, 0).dataSync()[0]).toBe(11);
    step.dispose();
  });

  test('keeps apart variables that were made of one tensor', () => {
    const zeros = tf.zeros([3]);
    const [a, b] = [tf.variable(zeros), tf.variable(zeros)];
    const step = compile(() => {
      a.assign(tf.add(a, 1));
      return { both: tf.add(a, b) };
    });
    step({});
    expect([...step({}).both!.dataSync()]).toEqual([2, 2, 2]);
    expect([...b.dataSync()]).toEqual([0, 0, 0]);
    expect([...zeros.dataSync()]).toEqual([0, 0, 0]);
    step.dispose();
  });

  test('names the line that reads a value', () => {
    const step = compile(({ x }) => ({ y: tf.scalar(tf.sum(x!).dataSync()[0]!) }));
    expect(() => step({ x: tf.ones([3]) })).toThrow(/read a tensor's value at .*compile\.test\.ts:\d+/);
    const later = compile(({ x }) => {
      tf.sum(x!)
        .data()
        .catch(() => {});
      return { y: x! };
    });
    expect(() => later({ x: tf.ones([3]) })).toThrow(/read a tensor's value/);
  });

  test('an error in a step leaves variables as they were', () => {
    const weight = tf.variable(tf.scalar(1));
    const step = compile(() => {
      weight.assign(tf.scalar(5));
      throw new Error('mine');
    });
    expect(() => step({})).toThrow('mine');
    expect(weight.dataSync()[0]).toBe(1);
    expect(tf.add(weight, 1).dataSync()[0]).toBe(2);
  });

  test('a value can wait for others, in a step and outside', () => {
    const later = (inputs: Record<string, tf.Tensor>) => ({
      y: tf
        .engine()
        .runKernel('RunAfter', { x: inputs.x!, 0: tf.square(inputs.other!) } as never) as tf.Tensor,
    });
    const inputs = { x: tf.tensor1d([1, 2]), other: tf.tensor1d([3]) };
    for (const run of [later, compile(later)]) expect([...run(inputs).y!.dataSync()]).toEqual([1, 2]);
  });

  const sgd = { kernel: 'SgdUpdate', slots: ['velocity'], dampening: 0, rateFactor: 0.5, weightDecay: 0.1 };
  const adam = {
    kernel: 'AdamUpdate',
    slots: ['first', 'second', 'step'],
    rateFactor: 0.5,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-3,
  };
  test.each([
    { ...sgd, momentum: 0.9, nesterov: false },
    { ...sgd, momentum: 0.9, nesterov: true },
    { ...adam, weightDecay: 0, decoupled: false },
    { ...adam, weightDecay: 0.1, decoupled: false },
    { ...adam, weightDecay: 0.1, decoupled: true },
  ])('updates in place as it does by plain ops: %o', ({ kernel, slots, ...attributes }) => {
    const names = ['parameter', ...slots];
    const first = { parameter: [1, -0, 3], step: 0 } as Record<string, number[] | number>;
    const make = () =>
      names.map((name) => tf.variable(tf.tensor(first[name] ?? [0.5, 0.25, 0.125], undefined, 'float32')));
    const update = (variables: tf.Variable[], inputs: Record<string, tf.Tensor>) => {
      const own = Object.fromEntries(names.map((name, index) => [name, variables[index]!]));
      const results = tf
        .engine()
        .runKernel(kernel, { ...own, ...inputs } as never, attributes) as never as tf.Tensor[];
      for (const [index, variable] of variables.entries()) variable.assign(results[index]!);
    };
    const [plain, compiled, read] = [make(), make(), make()];
    const step = compile((inputs) => {
      update(compiled, inputs);
      return {};
    });
    // Reading the new value within the step takes the other way.
    const reading = compile((inputs) => {
      update(read, inputs);
      return { sum: tf.sum(read[0]!) };
    });
    for (let i = 0; i < 3; i++) {
      const inputs = (apply: boolean) => ({
        gradient: tf.tensor1d(apply ? [i, -1, 0.5] : [Number.NaN, 1, 1]),
        rate: tf.scalar(0.1),
        apply: tf.scalar(apply, 'bool'),
      });
      for (const apply of [true, false]) {
        update(plain, inputs(apply));
        step(inputs(apply));
        const { sum } = reading(inputs(apply));
        expect(sum!.dataSync()[0]).toBeCloseTo(tf.sum(read[0]!).dataSync()[0]!, 5);
      }
    }
    for (const [index, variable] of plain.entries()) {
      const expected = [...variable.dataSync()].map((value) => expect.closeTo(value, 6));
      expect([...compiled[index]!.dataSync()]).toEqual(expected);
      expect([...read[index]!.dataSync()]).toEqual(expected);
    }
    const before = compiled.map((variable) => new Uint32Array(variable.dataSync().buffer.slice(0)));
    step({ gradient: tf.tensor1d([Number.NaN, 0, 0]), rate: tf.scalar(1), apply: tf.scalar(false, 'bool') });
    expect(compiled.map((variable) => new Uint32Array(variable.dataSync().buffer.slice(0)))).toEqual(before);
  });

  test('the same step from the same start gives the same bits', () => {
    const x = tf.randomNormal([8, 12, 12, 3], 0, 1, 'float32', 1);
    const start = tf.randomNormal([3, 3, 3, 16], 0, 0.1, 'float32', 2) as tf.Tensor4D;
    const train = () => {
      const kernel = tf.variable(start);
      const step = compile((inputs) => {
        const { grads } = tf.variableGrads(
          () => tf.mean(tf.square(tf.relu(tf.conv2d(inputs.x as tf.Tensor4D, kernel, 2, 1)))),
          [kernel],
        );
        kernel.assign(tf.sub(kernel, grads[kernel.name]!));
        return {};
      });
      for (let i = 0; i < 10; i++) step({ x });
      step.dispose();
      return kernel.dataSync();
    };
    expect(train()).toEqual(train());
  });

  test.each([
    [
      [8, 3],
      /a batch of 8 \(input 'x' has the shape \[8,3\]\)\. A batch of 4 would probably fit.*an estimate/,
    ],
    [[1, 300], /a batch of 1 .*there is none smaller/],
  ])('a step that runs out of memory names the batch to try: %j', (shape, expected) => {
    const { binding } = backend();
    const weight = tf.variable(tf.scalar(1));
    const step = compile(({ x, rate }) => {
      weight.assign(tf.add(weight, tf.mul(tf.sum(x!), rate!)));
      return {};
    });
    const call = (size: number[]) => step({ x: tf.ones(size), rate: tf.scalar(1), rates: tf.ones([2]) });
    call(shape);
    const before = weight.dataSync()[0];
    // TensorFlow's own report of such a failure, without the failure.
    const run = vi.spyOn(binding, 'run').mockImplementation((name) => {
      binding.library.TF_SetStatus(binding.status, 8, `OOM when allocating tensor with shape[${shape}]`);
      binding.check(`the op ${name}`);
      return [];
    });
    try {
      expect(() => call(shape)).toThrow(expected);
      expect(() => call(shape)).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
      expect(() => call(shape)).toThrow(/ran out of memory in .*OOM when allocating/);
    } finally {
      run.mockRestore();
    }
    expect(weight.dataSync()[0]).toBe(before);
    // Another batch goes on from there.
    call([2, 3]);
    expect(weight.dataSync()[0]).toBe(before! + 6);
    step.dispose();
  });

  test('says which op cannot be part of a step', () => {
    const step = compile(({ x }) => ({ y: tf.denseBincount(x as tf.Tensor1D, [] as never, 3) }));
    expect(() => step({ x: tf.tensor1d([1, 2], 'int32') })).toThrow(/DenseBincount.*compiled step/s);
    const varying = compile(({ x }) => ({ y: tf.unique(x!).values }));
    expect(() => varying({ x: tf.tensor1d([1, 1]) })).toThrow(/depends on values/);
  });

  test('2,000 steps leave no tensors, handles or memory behind', () => {
    const weight = tf.variable(tf.randomNormal([64, 64]));
    const step = compile(({ x }) => {
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.matMul(x!, weight))), [weight]);
      weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, 0.01)));
      return { value };
    });
    const once = () => tf.tidy(() => void step({ x: tf.ones([8, 64]) }));
    for (let i = 0; i < 200; i++) once();
    const before = {
      tensors: tf.memory().numTensors,
      handles: backend().binding.getNumOfTensors(),
      resident: process.memoryUsage.rss(),
    };
    for (let i = 0; i < 2000; i++) once();
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(backend().binding.getNumOfTensors()).toBe(before.handles);
    expect(process.memoryUsage.rss() - before.resident).toBeLessThan(60e6);
  });
});
