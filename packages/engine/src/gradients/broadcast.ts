import * as tf from '@tensorflow/tfjs';

/** Sums over the axes along which a tensor of `shape` was repeated. */
function summedTo(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), [...shape]);
}

type Slope = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** An op of two tensors, either of which may be repeated; tfjs's own gradients of these forget that. */
function repeating(kernelName: string, slopeOfA: Slope, slopeOfB: Slope): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {
        a: () => summedTo(tf.mul(dy as tf.Tensor, slopeOfA(a, b)), a.shape),
        b: () => summedTo(tf.mul(dy as tf.Tensor, slopeOfB(a, b)), b.shape),
      };
    },
  };
}

const where = (condition: tf.Tensor) => tf.cast(condition, 'float32');

/** Of equals, the gradient goes to the first, as in tfjs. */
const maximum = repeating(
  'Maximum',
  (a, b) => where(tf.greaterEqual(a, b)),
  (a, b) => where(tf.less(a, b)),
);
const minimum = repeating(
  'Minimum',
  (a, b) => where(tf.lessEqual(a, b)),
  (a, b) => where(tf.greater(a, b)),
);
const squaredDifference = repeating(
  'SquaredDifference',
  (a, b) => tf.mul(tf.sub(a, b), 2),
  (a, b) => tf.mul(tf.sub(b, a), 2),
);

/** Products of matrices in batches, of which one may be repeated. */
const matrixProduct: tf.GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (given, saved, attrs) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const dy = given as tf.Tensor;
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const product = (one: tf.Tensor, other: tf.Tensor, first: boolean, second: boolean) =>
      tf.matMul(one, other, first, second) as tf.Tensor;
    return {
      a: () =>
        summedTo(transposeA ? product(b, dy, transposeB, true) : product(dy, b, false, !transposeB), a.shape),
      b: () =>
        summedTo(transposeB ? product(dy, a, true, transposeA) : product(a, dy, !transposeA, false), b.shape),
    };
  },
};

/** Gradients of ops that repeat what is smaller. */
export const broadcastGradients: readonly tf.GradConfig[] = [
  maximum,
  minimum,
  squaredDifference,
  matrixProduct,
];
