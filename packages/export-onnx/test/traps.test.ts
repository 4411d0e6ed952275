import '@overparam/layers';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { MaxPoolWithPlaces, MaxUnpool, ResizeAligned, ResizeHalfPixel, UnitLength } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { runInOnnxRuntime } from './support';

// What comes out is written down by hand or follows from a formula; TensorFlow.js is not asked.

const image = (height: number, width: number, values: readonly number[]) => ({
  image: { shape: [1, 1, height, width], data: values },
});

const ones = (count: number) => new Array<number>(count).fill(1);

function ofOneLayer(shape: readonly (number | null)[], layer: tf.layers.Layer): tf.LayersModel {
  const input = tf.input({ shape: shape as number[], name: 'image' });
  return tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
}

test('automatic padding at stride 2 on one odd and one even side counts as many pixels as are there', async () => {
  const layer = tf.layers.conv2d({
    name: 'sum',
    filters: 1,
    kernelSize: 3,
    strides: 2,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'ones',
  });
  const { sum } = await runInOnnxRuntime(ofOneLayer([5, 4, 1], layer), image(5, 4, ones(20)));
  // 5 rows: one zero above and below, windows hold 2, 3, 2 rows. 4 columns: one zero, and it is behind: 3 and 2.
  expect(sum).toEqual({ shape: [1, 1, 3, 2], data: [6, 4, 9, 6, 6, 4] });
});

test('automatic padding with dilation is as wide as the spread kernel asks', async () => {
  const layer = tf.layers.conv2d({
    name: 'sum',
    filters: 1,
    kernelSize: [3, 1],
    dilationRate: [2, 1],
    padding: 'same',
    useBias: false,
    kernelInitializer: 'ones',
  });
  const { sum } = await runInOnnxRuntime(ofOneLayer([6, 1, 1], layer), image(6, 1, [1, 2, 3, 4, 5, 6]));
  // Each is x[i - 2] + x[i] + x[i + 2].
  expect(sum!.data).toEqual([4, 6, 9, 12, 8, 10]);
});

test('a kernel that is not square keeps its rows and columns, and its channels', async () => {
  const input = tf.input({ shape: [2, 3, 2], name: 'image' });
  const layer = tf.layers.conv2d({ name: 'y', filters: 1, kernelSize: [1, 2], useBias: false });
  const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
  // [kh 1, kw 2, cin 2, cout 1]
  layer.setWeights([tf.tensor4d([1, 10, 100, 1000], [1, 2, 2, 1])]);
  const data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const { y } = await runInOnnxRuntime(model, { image: { shape: [1, 2, 2, 3], data } });
  // Of row r: first channel's x and second channel's: x + 100 x' + 10 z + 1000 z'.
  const at = (r: number, c: number) =>
    data[3 * r + c]! +
    100 * data[3 * r + c + 1]! +
    10 * data[6 + 3 * r + c]! +
    1000 * data[6 + 3 * r + c + 1]!;
  expect(y).toEqual({ shape: [1, 1, 2, 2], data: [at(0, 0), at(0, 1), at(1, 0), at(1, 1)] });
});

test('places of maxima are found again by unpooling, the first of equals', async () => {
  const input = tf.input({ shape: [2, 6, 1], name: 'image' });
  const [values, places] = new MaxPoolWithPlaces({ name: 'pool' }).apply(input) as tf.SymbolicTensor[];
  const doubled = tf.layers.add({ name: 'twice' }).apply([values!, values!]) as tf.SymbolicTensor;
  const whole = new MaxUnpool({ name: 'unpool' }).apply([doubled, places!]) as tf.SymbolicTensor;
  const { unpool } = await runInOnnxRuntime(
    tf.model({ inputs: input, outputs: whole }),
    // biome-ignore format: an image
    image(2, 6, [
      1, 5,  7, 7,  0, 1,
      2, 3,  7, 7,  9, 2,
    ]),
  );
  // biome-ignore format: an image
  expect(unpool!.data).toEqual([
    0, 10,  14, 0,  0, 0,
    0, 0,   0, 0,  18, 0,
  ]);
});

test("zeros around a rectified image become max-pooling's own", async () => {
  const input = tf.input({ shape: [1, 2, 1], name: 'image' });
  const rectified = tf.layers.reLU({ name: 'relu' }).apply(input);
  const around = [[0, 0], [1, 1]] as [[number, number], [number, number]]; // biome-ignore format: pairs
  const padded = tf.layers.zeroPadding2d({ padding: around }).apply(rectified);
  const most = tf.layers.maxPooling2d({ name: 'most', poolSize: [1, 3], strides: 1 }).apply(padded);
  const model = tf.model({ inputs: input, outputs: most as tf.SymbolicTensor });
  const found = await runInOnnxRuntime(model, image(1, 2, [-3, 6]));
  expect(found.most!.data).toEqual([6, 6]);
  expect((await encodeNetworkAsOnnx(model)).operators).toEqual({ Relu: 1, MaxPool: 1 });
});

test('average pooling divides by the pixels that are in the image', async () => {
  const layer = tf.layers.averagePooling2d({ name: 'mean', poolSize: 3, strides: 2, padding: 'same' });
  const { mean } = await runInOnnxRuntime(ofOneLayer([1, 4, 1], layer), image(1, 4, [3, 6, 9, 12]));
  // Windows hold 3, 6, 9 and 9, 12; the zero is behind.
  expect(mean!.data).toEqual([6, 10.5]);
});

test('zeros that a layer puts around an image count in an average, and lose against what is below zero', async () => {
  const input = tf.input({ shape: [1, 2, 1], name: 'image' });
  const padded = tf.layers
    .zeroPadding2d({
      padding: [
        [0, 0],
        [1, 0],
      ],
    })
    .apply(input);
  const mean = tf.layers.averagePooling2d({ name: 'mean', poolSize: [1, 3] }).apply(padded);
  const most = tf.layers.maxPooling2d({ name: 'most', poolSize: [1, 3] }).apply(padded);
  const model = tf.model({ inputs: input, outputs: [mean, most] as tf.SymbolicTensor[] });
  const found = await runInOnnxRuntime(model, image(1, 2, [-3, -6]));
  expect(found.mean!.data).toEqual([-3]);
  expect(found.most!.data[0]).toBeCloseTo(0, 30);
});

test.each([
  { from: [1, 1], to: [2, 3], values: [5], wanted: [5, 5, 5, 5, 5, 5] },
  { from: [2, 3], to: [1, 1], values: [1, 2, 3, 4, 5, 6], wanted: [1] },
  { from: [1, 3], to: [1, 5], values: [0, 2, 6], wanted: [0, 1, 2, 4, 6] },
  { from: [3, 1], to: [2, 1], values: [1, 5, 9], wanted: [1, 9] },
])('resizing $from to $to puts corners on corners', async ({ from, to, values, wanted }) => {
  const layer = new ResizeAligned({ name: 'resized', height: to[0]!, width: to[1]! });
  const model = ofOneLayer([from[0]!, from[1]!, 1], layer);
  const { resized } = await runInOnnxRuntime(model, image(from[0]!, from[1]!, values));
  expect(resized).toEqual({ shape: [1, 1, ...to], data: wanted });
});

test('bilinear upsampling starts at the first pixel, as TensorFlow.js does and PyTorch does not', async () => {
  const layer = tf.layers.upSampling2d({ name: 'up', size: [1, 2], interpolation: 'bilinear' });
  const { up } = await runInOnnxRuntime(ofOneLayer([1, 2, 1], layer), image(1, 2, [0, 8]));
  expect(up!.data).toEqual([0, 4, 8, 8]);
});

test("a norm's epsilon is its own", async () => {
  const layer = tf.layers.batchNormalization({
    name: 'norm',
    epsilon: 0.25,
    movingVarianceInitializer: 'zeros',
    betaInitializer: 'ones',
  });
  const { norm } = await runInOnnxRuntime(ofOneLayer([1, 2, 1], layer), image(1, 2, [3, -1]));
  // x / sqrt(0 + 0.25) + 1
  expect(norm!.data).toEqual([7, -1]);
});

test('a norm along the rows of an image is along its rows', async () => {
  const layer = tf.layers.batchNormalization({
    name: 'norm',
    axis: 1,
    epsilon: 1e-9,
    betaInitializer: 'zeros',
  });
  const model = ofOneLayer([2, 2, 1], layer);
  layer.setWeights([tf.tensor1d([10, 100]), tf.zeros([2]), tf.zeros([2]), tf.ones([2])]);
  const { norm } = await runInOnnxRuntime(model, image(2, 2, [1, 2, 3, 4]));
  expect(norm!.data).toEqual([10, 20, 300, 400]);
});

test('zeros in the format channelsFirst, which are along columns and channels, are there', async () => {
  const around = [[0, 1], [1, 0]] as [[number, number], [number, number]]; // biome-ignore format: pairs
  const layer = tf.layers.zeroPadding2d({ name: 'pad', padding: around, dataFormat: 'channelsFirst' });
  const { pad } = await runInOnnxRuntime(ofOneLayer([2, 1, 1], layer), image(2, 1, [3, 4]));
  // One channel of zeros before, and one column behind.
  expect(pad).toEqual({ shape: [1, 2, 2, 2], data: [0, 0, 0, 0, 3, 0, 4, 0] });
});

test('flattening lists channels last', async () => {
  const { flat } = await runInOnnxRuntime(ofOneLayer([1, 2, 3], tf.layers.flatten({ name: 'flat' })), {
    image: { shape: [1, 3, 1, 2], data: [1, 2, 10, 20, 100, 200] },
  });
  expect(flat!.data).toEqual([1, 10, 100, 2, 20, 200]);
});

test('a transposed convolution whose windows do not meet leaves zeros behind the last one', async () => {
  const layer = tf.layers.conv2dTranspose({
    name: 'y',
    filters: 1,
    kernelSize: [1, 2],
    strides: [1, 3],
    padding: 'same',
    useBias: false,
  });
  const model = ofOneLayer([1, 2, 1], layer);
  layer.setWeights([tf.tensor4d([1, 10], [1, 2, 1, 1])]);
  const { y } = await runInOnnxRuntime(model, image(1, 2, [1, 2]));
  expect(y!.data).toEqual([1, 10, 0, 2, 20, 0]);
});

test('vectors without a direction become zero', async () => {
  const input = tf.input({ shape: [1, 2, 2], name: 'image' });
  const model = tf.model({
    inputs: input,
    outputs: new UnitLength({ name: 'unit' }).apply(input) as tf.SymbolicTensor,
  });
  const { unit } = await runInOnnxRuntime(model, { image: { shape: [1, 2, 1, 2], data: [3, 0, 4, 0] } });
  const [a, b, c, d] = unit!.data;
  expect([b, d]).toEqual([0, 0]);
  expect(a).toBeCloseTo(0.6, 6);
  expect(c).toBeCloseTo(0.8, 6);
});

test('sides that are left open take any size', async () => {
  const layer = tf.layers.conv2d({
    name: 'sum',
    filters: 1,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'ones',
  });
  const model = ofOneLayer([null, null, 1], layer);
  const { sum } = await runInOnnxRuntime(model, image(1, 4, [1, 2, 3, 4]));
  expect(sum!.data).toEqual([3, 6, 9, 7]);
});

test('slashes in names stay, and one layer used twice has its weights once', async () => {
  const input = tf.input({ shape: [1], name: 'in/x' });
  const layer = tf.layers.dense({
    name: 'a/b',
    units: 1,
    kernelInitializer: 'ones',
    biasInitializer: 'ones',
  });
  const once = layer.apply(input) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: [layer.apply(once) as tf.SymbolicTensor, once] });
  const found = await runInOnnxRuntime(model, { 'in/x': { shape: [1, 1], data: [5] } });
  expect(Object.entries(found).map(([name, { data }]) => [name, data])).toEqual([
    ['a/b', [7]],
    ['a/b_1', [6]],
  ]);
});

test('zeros around an output are around it, by whatever name it is an output itself', async () => {
  const input = tf.input({ shape: [1, 2, 1], name: 'image' });
  const rectified = tf.layers.reLU({ name: 'relu' }).apply(input);
  // At inference dropout is the image itself, so that the network's first output is what the second pads.
  const dropped = tf.layers.dropout({ name: 'drop', rate: 0.5 }).apply(rectified);
  const around = [[0, 0], [1, 0]] as [[number, number], [number, number]]; // biome-ignore format: pairs
  const padded = tf.layers.zeroPadding2d({ name: 'pad', padding: around }).apply(dropped);
  const model = tf.model({ inputs: input, outputs: [dropped, padded] as tf.SymbolicTensor[] });
  const found = await runInOnnxRuntime(model, image(1, 2, [-3, 6]));
  expect(found.drop!.data).toEqual([0, 6]);
  expect(found.pad!.data).toEqual([0, 0, 6]);
});

// PyTorch's interpolate(mode="bilinear", align_corners=False): centres of pixels stand at halves.
test.each([
  { from: [1, 2], to: [1, 4], values: [0, 8], wanted: [0, 2, 6, 8] },
  { from: [1, 1], to: [2, 3], values: [5], wanted: [5, 5, 5, 5, 5, 5] },
  // The one pixel's centre is between the second and the third: 1.5. ONNX has a mode that takes the first instead.
  { from: [1, 4], to: [1, 1], values: [1, 2, 6, 9], wanted: [4] },
  // Smaller without smoothing: centres at 0.75, 2.25 (from 0), so 1/4, 3/4 between neighbours.
  { from: [1, 4], to: [1, 3], values: [0, 6, 12, 18], wanted: [1, 9, 17] },
])('resizing by halves from $from to $to', async ({ from, to, values, wanted }) => {
  const layer = new ResizeHalfPixel({ name: 'resized', height: to[0]!, width: to[1]! });
  const model = ofOneLayer([from[0]!, from[1]!, 1], layer);
  const { resized } = await runInOnnxRuntime(model, image(from[0]!, from[1]!, values));
  expect(resized!.shape).toEqual([1, 1, ...to]);
  for (const [index, value] of resized!.data.entries()) expect(value).toBeCloseTo(wanted[index]!, 5);
});
