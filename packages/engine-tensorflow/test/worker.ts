// A worker of workers.test.ts: sums outside of steps and within, and prints what came of it.
import * as tf from '@tensorflow/tfjs';
import { isOverparamError, joinWorkers, silentWorkers, startTensorflow } from '../src';
import type { TensorFlowBackend } from '../src/backend/backend';

const { workers, index, deadline, leaves } = JSON.parse(process.argv[2]!) as {
  readonly workers: readonly string[];
  readonly index: number;
  readonly deadline: number;
  readonly leaves: boolean;
};
await joinWorkers({ workers, index, deadline });
await startTensorflow({ threads: 1 });
await tf.setBackend('tensorflow');
const backend = tf.backend() as unknown as TensorFlowBackend;
const sum = (x: tf.Tensor, name: string, half = false) =>
  tf.engine().runKernel('SumOverWorkers', { x } as never, { name, half } as never) as tf.Tensor;
const values = (x: tf.Tensor) => [...x.dataSync()];

const variable = tf.variable(tf.zeros([3]));
const build = ({ x }: { readonly x?: tf.Tensor }) => {
  const total = sum(tf.mul(x!, 2), 'within');
  variable.assign(tf.add(variable, total));
  return { total: tf.keep(total), half: tf.keep(sum(tf.add(x!, 1 / 512), 'within/half', true)) };
};
const steps = (['float32', 'bfloat16'] as const).map((precision) =>
  // A step in bfloat16 is one where the processor has none, too: only slower.
  backend.compileStep(build, { precision }),
);
const results = {
  outside: values(sum(tf.tensor1d([index + 1, 0.5]), 'outside')),
  integers: values(sum(tf.tensor1d([index, 2 ** 30], 'int32'), 'integers')),
  half: values(sum(tf.tensor1d([1 / 512 + 1]), 'half', true)),
  within: steps.map((step) => {
    const { total, half } = step({ x: tf.tensor1d([index, 1, 10]) });
    return [values(total!), values(half!)];
  }),
  variable: values(variable),
  silent: leaves ? silentWorkers() : [],
  lost: '',
};
if (!leaves) {
  // The others leave now.
  try {
    sum(tf.tensor1d([1, 2, 3, 4]), 'never');
  } catch (error) {
    results.lost = isOverparamError(error) ? error.code : String(error);
    results.silent = silentWorkers();
  }
}
console.log(JSON.stringify(results));
process.exit(0);
