import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import type { Step } from '../src/compile/step';
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

  test.each([
    { momentum: 0.9, nesterov: false },
    { momentum: 0.9, nesterov: true },
  ])('updates in place as it does by plain ops: $momentum $nesterov', ({ momentum, nesterov }) => {
    const attributes = { momentum, nesterov, dampening: 0, weightDecay: 0.1, rateFactor: 0.5 };
    const make = () => [1, 2].map(() => tf.variable(tf.tensor1d([1, -0, 3])));
    const update = ([parameter, velocity]: tf.Variable[], inputs: Record<string, tf.Tensor>) => {
      const results = tf
        .engine()
        .runKernel(
          'SgdUpdate',
          { parameter, velocity, ...inputs } as never,
          attributes,
        ) as never as tf.Tensor[];
      parameter!.assign(results[0]!);
      velocity!.assign(results[1]!);
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
      expect([...compiled[index]!.dataSync()].map(Math.fround)).toEqual(
        [...variable.dataSync()].map((value) => expect.closeTo(value, 6)),
      );
      expect([...read[index]!.dataSync()]).toEqual([...variable.dataSync()].map((v) => expect.closeTo(v, 6)));
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
