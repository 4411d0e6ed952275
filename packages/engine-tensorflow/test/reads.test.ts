import { Script } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import type { Step } from '../src/backend/steps';
import { readError } from '../src/compile/read-error';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

const compile = (step: Step) => (tf.backend() as unknown as TensorFlowBackend).compileStep(step);

describe.skipIf(!libraryIsThere())('reading in a compiled step', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test.each<[string, () => tf.Tensor]>([
    ['a variable', () => tf.tidy(() => tf.variable(tf.tensor1d([2, 3])))],
    ['a tensor made before', () => tf.tensor1d([2, 3])],
  ])('%s that TensorFlow has not seen yet is refused', (_, make) => {
    const ways: ((tensor: tf.Tensor) => unknown)[] = [
      (tensor) => tensor.dataSync(),
      (tensor) => tensor.arraySync(),
      (tensor) => tensor.data(),
    ];
    for (const read of ways) {
      const tensor = make();
      const step = compile(({ x }) => {
        read(tensor);
        return { y: tf.mul(x!, 2) };
      });
      expect(() => step({ x: tf.scalar(1) })).toThrow(expect.objectContaining({ code: 'read-in-step' }));
      expect([...tensor.dataSync()]).toEqual([2, 3]);
    }
  });

  test('what the step makes of JavaScript values can be read, and only there', () => {
    let kept: tf.Tensor | null = null;
    const step = compile(({ x }) => {
      const axes = tf.tensor1d([1, 0], 'int32');
      kept ??= tf.keep(tf.tensor1d([5]));
      return { y: tf.transpose(x!, [...axes.dataSync()]) };
    });
    expect(step({ x: tf.tensor2d([[1, 2, 3]]) }).y!.shape).toEqual([3, 1]);
    const later = compile(({ x }) => ({ y: tf.mul(x!, kept!.dataSync()[0]!) }));
    expect(() => later({ x: tf.scalar(1) })).toThrow(expect.objectContaining({ code: 'read-in-step' }));
  });
});

describe.skipIf(!libraryIsThere())('a step that returns a promise', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test('is refused, alone and within another', async () => {
    const weight = tf.variable(tf.scalar(1));
    const x = tf.scalar(3);
    const before = tf.memory().numTensors;
    const waiting = (async (inputs: Readonly<Record<string, tf.Tensor>>) => {
      await Promise.resolve();
      weight.assign(tf.mul(weight, inputs.x!));
      return { weight };
    }) as unknown as Step;
    const asynchronous = compile(waiting);
    const outer = compile((inputs) => asynchronous(inputs));
    for (const step of [asynchronous, outer]) {
      expect(() => step({ x })).toThrow(expect.objectContaining({ code: 'step-asynchronous' }));
      expect(() => step({ x })).toThrow(/returned a promise.*without async/);
    }
    await new Promise((resolve) => setTimeout(resolve));
    expect(weight.dataSync()[0]).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the line that reads', () => {
  /** The message where a file of this name reads. */
  const readBy = (filename: string): string => {
    const call = new Script('(read) => read()', { filename }).runInThisContext() as (
      read: typeof readError,
    ) => Error;
    return call(readError).message;
  };

  test("may lie in a folder that is named as one of this project's", () => {
    for (const folder of ['packages/engine', 'packages/engine/src', 'engine-tensorflow/src']) {
      expect(readBy(`/project/${folder}/train.js`)).toContain(`/project/${folder}/train.js:1:`);
    }
  });

  test('is none of this package and its caller', () => {
    const address = (path: string) => new URL(path, import.meta.url);
    const files = [
      address('../src/kernels/training.ts'),
      address('../../engine/src/compile.ts'),
      address('../../engine/dist/index.js'),
      address('/project/node_modules/@overparam/engine/dist/index.cjs'),
    ];
    for (const { href, pathname } of files) {
      for (const file of [href, pathname]) expect(readBy(file)).not.toContain(file);
    }
  });
});
