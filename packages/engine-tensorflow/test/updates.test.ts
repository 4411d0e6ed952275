import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TensorFlowBackend } from '../src/backend/backend';
import { Graph } from '../src/compile/graph';
import { registerTensorflow } from '../src/index';
import { libraryIsThere } from './library';

const backend = () => tf.backend() as unknown as TensorFlowBackend;

/** Plain SGD: what the weight becomes. */
function updated<R extends tf.Rank>(
  weight: tf.Tensor<R>,
  gradient: tf.Tensor,
  { rate, apply }: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor<R> {
  const inputs = { parameter: weight, gradient, rate, apply };
  const attributes = { momentum: 0, nesterov: false, dampening: 0, weightDecay: 0, rateFactor: 1 };
  const [next] = tf.engine().runKernel('SgdUpdate', inputs as never, attributes) as unknown as tf.Tensor<R>[];
  return next!;
}

describe.skipIf(!libraryIsThere())('updates in a compiled step', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  const given = () => ({ gradient: tf.scalar(2), rate: tf.scalar(0.1), apply: tf.scalar(true, 'bool') });

  test('two that apply together keep their own rates', () => {
    const [slow, fast, alsoSlow] = [
      tf.variable(tf.scalar(1)),
      tf.variable(tf.scalar(1)),
      tf.variable(tf.scalar(3)),
    ];
    const step = backend().compileStep(({ gradient, rate, high, apply }) => {
      slow.assign(updated(slow, gradient!, { rate: rate!, apply: apply! }));
      fast.assign(updated(fast, gradient!, { rate: high!, apply: apply! }));
      alsoSlow.assign(updated(alsoSlow, gradient!, { rate: rate!, apply: apply! }));
      return {};
    });
    step({ ...given(), high: tf.scalar(0.5) });
    expect(slow.dataSync()[0]).toBeCloseTo(1 - 0.1 * 2, 6);
    expect(fast.dataSync()[0]).toBeCloseTo(1 - 0.5 * 2, 6);
    expect(alsoSlow.dataSync()[0]).toBeCloseTo(3 - 0.1 * 2, 6);
    step.dispose();
  });

  test('an updated value that waits for others is the new one', () => {
    const weight = tf.variable(tf.scalar(1));
    const step = backend().compileStep(({ gradient, ...options }) => {
      const next = updated(weight, gradient!, options);
      const late = tf.engine().runKernel('RunAfter', { x: next, 0: gradient! } as never) as tf.Tensor;
      weight.assign(next);
      return { late };
    });
    expect(step(given()).late!.dataSync()[0]).toBeCloseTo(0.8, 6);
    expect(weight.dataSync()[0]).toBeCloseTo(0.8, 6);
    step.dispose();
  });

  test('an updated value is the gradient of another update as the new one', () => {
    const [weight, other] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1))];
    const step = backend().compileStep(({ gradient, ...options }) => {
      const next = updated(weight, gradient!, options);
      weight.assign(next);
      other.assign(updated(other, next, options));
      return {};
    });
    step(given());
    expect(weight.dataSync()[0]).toBeCloseTo(0.8, 6);
    expect(other.dataSync()[0]).toBeCloseTo(1 - 0.1 * 0.8, 6);
    step.dispose();
  });

  test('a trace that fails at its end leaves no function in TensorFlow', () => {
    const { binding } = backend();
    const weight = tf.variable(tf.scalar(1));
    const step = backend().compileStep(({ gradient, ...options }) => {
      weight.assign(updated(weight, gradient!, options));
      return {};
    });
    const made = vi.spyOn(Graph.prototype, 'toFunction');
    const add = binding.addFunction.bind(binding);
    // The two branches of the update come first.
    const added = vi
      .spyOn(binding, 'addFunction')
      .mockImplementationOnce(add)
      .mockImplementationOnce(add)
      .mockImplementationOnce(() => {
        throw new Error('no room');
      });
    let names: string[];
    try {
      expect(() => step(given())).toThrow('no room');
      names = made.mock.calls.map(([name]) => name);
    } finally {
      made.mockRestore();
      added.mockRestore();
    }
    expect(names).toHaveLength(3);
    for (const name of names) {
      expect(() => binding.run(name, [], [], 0)).toThrow(expect.objectContaining({ code: 'op-unsupported' }));
    }
    step(given());
    expect(weight.dataSync()[0]).toBeCloseTo(0.8, 6);
    step.dispose();
  });
});
