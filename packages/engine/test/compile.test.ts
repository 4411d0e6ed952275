import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CompiledStep, compile, type Tensors } from '../src';
import { useBackend } from './backends';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isOverparamError(error) ? error.code : String(error);
  }
  return 'no error';
}

describe.each(['wasm', 'cpu'] as const)('compile on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('runs the step, assigns its variables and frees all but the outputs', () => {
    const weight = tf.variable(tf.scalar(2));
    const step = compile(({ x, rate }) => {
      const { value, grads } = tf.variableGrads(() => tf.square(tf.mul(weight, x!)) as tf.Scalar, [weight]);
      weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, rate!)) as tf.Scalar);
      return { loss: value };
    });
    const inputs = { x: tf.scalar(3), rate: tf.scalar(0.01) };
    const before = tf.memory().numTensors;
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { loss } = step(inputs);
      losses.push(loss!.dataSync()[0]!);
      loss!.dispose();
    }
    // w <- w - 0.01 * 2 * 9 w = 0.82 w; the loss is 9 w²
    expect(losses[0]).toBeCloseTo(36, 4);
    expect(losses[1]).toBeCloseTo(36 * 0.82 ** 2, 4);
    expect(losses[2]).toBeCloseTo(36 * 0.82 ** 4, 4);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([inputs, weight]);
  });

  test.each<[string, (x: tf.Tensor) => unknown]>([
    ['dataSync', (x) => x.dataSync()],
    ['arraySync', (x) => x.arraySync()],
    ['print', (x) => x.print()],
    ['data', (x) => x.data()],
    ['array', (x) => x.array()],
  ])('makes %s inside a step an error that says why', (_, read) => {
    const x = tf.scalar(1);
    const before = tf.memory().numTensors;
    const step = compile((inputs) => {
      const doubled = tf.mul(inputs.x!, 2);
      read(doubled);
      return { doubled };
    });
    expect(codeOf(() => step({ x }))).toBe('read-in-step');
    expect(() => step({ x })).toThrow(/read a tensor's value.*traced once/);
    expect(x.dataSync()[0]).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  test('refuses a step that returns a promise', async () => {
    const weight = tf.variable(tf.scalar(1));
    const x = tf.scalar(3);
    const before = tf.memory().numTensors;
    const waiting = async (inputs: Tensors) => {
      await Promise.resolve();
      weight.assign(tf.mul(weight, tf.square(inputs.x!)) as tf.Scalar);
      return { weight };
    };
    const plain = async (inputs: Tensors) => ({ y: tf.square(inputs.x!) });
    for (const asynchronous of [waiting, plain]) {
      const step = compile(asynchronous as unknown as (inputs: Tensors) => Tensors);
      expect(codeOf(() => step({ x }))).toBe('step-asynchronous');
      expect(() => step({ x })).toThrow(/returned a promise.*without async/);
    }
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, weight]);
  });

  test('keeps reading forbidden after a nested step, and allows it again after an error', () => {
    const x = tf.scalar(1);
    const inner = compile(({ x }) => ({ y: tf.add(x!, 1) }));
    const outer = compile((inputs) => {
      const { y } = inner(inputs);
      y!.dataSync();
      return { y: y! };
    });
    expect(codeOf(() => outer({ x }))).toBe('read-in-step');
    const failing = compile(() => {
      throw new Error('from inside');
    });
    expect(() => failing({})).toThrow('from inside');
    expect(x.dataSync()[0]).toBe(1);
    x.dispose();
  });

  test('hands out copies of inputs and variables, so that outputs can be disposed', () => {
    const x = tf.scalar(5);
    const weight = tf.variable(tf.scalar(7));
    const outputs = compile((inputs) => ({ x: inputs.x!, weight }))({ x });
    tf.dispose(outputs as tf.NamedTensorMap);
    expect(x.dataSync()[0]).toBe(5);
    expect(weight.dataSync()[0]).toBe(7);
    tf.dispose([x, weight]);
  });

  test('uses the capability of a backend that has it, and refuses to run once disposed', () => {
    const calls: string[] = [];
    const able = tf.backend() as unknown as {
      compileStep?: (step: (inputs: Tensors) => Tensors) => CompiledStep;
    };
    able.compileStep = (step) => {
      calls.push('trace');
      return Object.assign((inputs: Tensors) => step(inputs), {
        dispose: () => calls.push('dispose'),
      }) as CompiledStep;
    };
    const x = tf.scalar(1);
    try {
      const step = compile((inputs) => ({ y: tf.add(inputs.x!, 1) }));
      tf.dispose([step({ x }), step({ x })] as unknown as tf.TensorContainer);
      step.dispose();
      expect(calls).toEqual(['trace', 'dispose']);
      expect(codeOf(() => step({ x }))).toBe('step-disposed');
    } finally {
      delete able.compileStep;
      x.dispose();
    }
  });
});
