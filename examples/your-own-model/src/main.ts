import { collapse, expand } from '@overparam/core-reparam';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { writeNetwork } from '@overparam/export/node';
import { dbb } from '@overparam/method-dbb';
import { parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';

const epochs = Number(process.argv[2] ?? 5);
const pictures = Number(process.argv[3] ?? 1000);
await useEngine();

// A network of one's own: any LayersModel of TensorFlow.js, here one with a shortcut.
const image = tf.input({ shape: [32, 32, 3] });
const unit = (input: tf.SymbolicTensor, filters: number, strides: number) => {
  const conv = tf.layers
    .conv2d({ filters, kernelSize: 3, strides, padding: 'same', useBias: false })
    .apply(input);
  return tf.layers.reLU().apply(tf.layers.batchNormalization().apply(conv)) as tf.SymbolicTensor;
};
const first = unit(image, 16, 1);
const joined = tf.layers.add().apply([first, unit(first, 16, 1)]) as tf.SymbolicTensor;
const pooled = tf.layers.globalAveragePooling2d({}).apply(unit(unit(joined, 32, 2), 64, 2));
const model = tf.model({
  inputs: image,
  outputs: tf.layers.dense({ units: 10 }).apply(pooled) as tf.SymbolicTensor,
});

// Its data as tensors.
const data = await cifar100Sample.open(parseOptions(cifar100Sample.options), { dataDir: 'data' });
async function tensors(split: string, size: number) {
  const { example } = data.splits[split]!;
  const x = new Float32Array(size * 3072);
  const y = new Int32Array(size);
  for (let index = 0; index < size; index++) {
    const one = await example(index);
    data.input(one, x, index * 3072);
    y[index] = one.label;
  }
  return [tf.tensor4d(x, [size, 32, 32, 3]), tf.tensor1d(y, 'int32')] as const;
}
const [x, y] = await tensors('train', pictures);
const [testX, testY] = await tensors('test', Math.min(500, pictures));

// Larger in training, trained as any model is.
const wide = expand(model, { method: dbb, key: keyFromSeed(1) });
wide.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: tf.losses.softmaxCrossEntropy });
await wide.fit(x, tf.oneHot(y, 10), {
  epochs,
  batchSize: 50,
  verbose: 0,
  callbacks: {
    onEpochEnd: (epoch, logs) => console.log(`epoch ${epoch + 1}: loss ${logs!.loss!.toFixed(3)}`),
  },
});

// Small again, and compared before anyone gets it.
const { model: small, report } = collapse(wide);
const rightOf = (network: tf.LayersModel) =>
  tf.tidy(() => tf.mean(tf.equal(tf.argMax(network.predict(testX) as tf.Tensor, 1), testY)).dataSync()[0]!);
console.log(
  `right: expanded ${(100 * rightOf(wide)).toFixed(1)} %, collapsed ${(100 * rightOf(small)).toFixed(1)} %`,
);
console.log(
  `gap ${report.gap.toExponential(1)}, ${wide.countParams()} parameters in training, ${small.countParams()} deployed`,
);
await writeNetwork('runs/your-own-model', small, {
  role: 'collapsed',
  method: 'dbb',
  collapseGap: report.gap,
});
await data.close();
