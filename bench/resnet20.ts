import { convolution, keyFromSeed, normalTensor, type Padding } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';

/** A batch norm with statistics of the batch. */
export type Norm = (x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => tf.Tensor4D;

interface Layer {
  readonly kernel: tf.Variable;
  readonly gamma: tf.Variable;
  readonly beta: tf.Variable;
}

/** The network's variables and its loss as a function of a batch. */
export interface ResNet20 {
  readonly variables: tf.Variable[];
  loss(x: tf.Tensor4D, labels: tf.Tensor2D, norm: Norm): tf.Scalar;
}

const classes = 10;

/** ResNet-20 for 32x32 images (He et al., 2016), shortcuts by 1x1 convolutions, written in plain ops. */
export function resnet20(): ResNet20 {
  const variables: tf.Variable[] = [];
  let seed = 1;
  const variable = (shape: number[], deviation: number, mean = 0): tf.Variable => {
    const created = tf.tidy(() => tf.variable(normalTensor(keyFromSeed(seed++), shape, mean, deviation)));
    variables.push(created);
    return created;
  };
  const layer = (size: number, cin: number, cout: number): Layer => ({
    kernel: variable([size, size, cin, cout], Math.sqrt(2 / (size * size * cin))),
    gamma: variable([cout], 0, 1),
    beta: variable([cout], 0),
  });
  const stem = layer(3, 3, 16);
  const blocks = [16, 32, 64].flatMap((width, stage) =>
    [0, 1, 2].map((index) => {
      const first = index === 0 && stage > 0;
      const cin = first ? width / 2 : width;
      const shortcut = first ? layer(1, cin, width) : null;
      return { stride: first ? 2 : 1, one: layer(3, cin, width), two: layer(3, width, width), shortcut };
    }),
  );
  const dense = variable([64, classes], 0.1);

  const loss = (x: tf.Tensor4D, labels: tf.Tensor2D, norm: Norm): tf.Scalar => {
    const apply = ({ kernel, gamma, beta }: Layer, input: tf.Tensor4D, stride: number) => {
      const half = (kernel.shape[0] as number) >> 1;
      const padding: Padding = [
        [half, half],
        [half, half],
      ];
      const options = { strides: [stride, stride] as const, padding, dilation: [1, 1] as const };
      const y = convolution(input, kernel as unknown as tf.Tensor4D, options);
      return norm(y, gamma as unknown as tf.Tensor1D, beta as unknown as tf.Tensor1D);
    };
    let y = tf.relu(apply(stem, x, 1));
    for (const { stride, one, two, shortcut } of blocks) {
      const inner = apply(two, tf.relu(apply(one, y, stride)), 1);
      y = tf.relu(tf.add(inner, shortcut === null ? y : apply(shortcut, y, stride)));
    }
    const logits = tf.matMul(tf.mean(y, [1, 2]) as tf.Tensor2D, dense as unknown as tf.Tensor2D);
    return tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
  };
  return { variables, loss };
}

/** One batch of seeded noise and labels; the caller disposes both. */
export function batchOf(size: number): { x: tf.Tensor4D; labels: tf.Tensor2D } {
  const x = normalTensor(keyFromSeed(1000), [size, 32, 32, 3], 0, 1) as tf.Tensor4D;
  const labels = tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        Array.from({ length: size }, (_, i) => i % classes),
        'int32',
      ),
      classes,
    ),
  ) as tf.Tensor2D;
  return { x, labels };
}
