import * as tf from '@tensorflow/tfjs';
import { putKernels } from './registry';

type Shape5D = [number, number, number, number, number];
type Triple = readonly [number, number, number];
type Rounding = 'floor' | 'round' | 'ceil';

interface Attributes {
  readonly filterSize: Triple | number;
  readonly strides: Triple | number;
  readonly pad: 'same' | 'valid' | number;
  readonly dimRoundingMode?: Rounding;
}

/** One pooling of images, as the kernels for these take it. */
type Step = Readonly<Record<'filterSize' | 'strides' | 'pad' | 'dimRoundingMode', unknown>>;

const tripleOf = (value: Triple | number): Triple =>
  typeof value === 'number' ? [value, value, value] : value;

/** Pooling of volumes `[n, d, h, w, c]` as one over rows and columns, and one over depths of what that gives. */
function stepsOf({ filterSize, strides, pad, dimRoundingMode }: Attributes): [Step, Step] {
  const [[kd, kh, kw], [sd, sh, sw]] = [tripleOf(filterSize), tripleOf(strides)];
  const around = (rows: number, columns: number) =>
    typeof pad === 'number'
      ? [
          [0, 0],
          [rows * pad, rows * pad],
          [columns * pad, columns * pad],
          [0, 0],
        ]
      : pad;
  return [
    { filterSize: [kh, kw], strides: [sh, sw], pad: around(1, 1), dimRoundingMode },
    { filterSize: [kd, 1], strides: [sd, 1], pad: around(1, 0), dimRoundingMode },
  ];
}

const run = (name: string, inputs: tf.NamedTensorMap, step: Step): tf.Tensor =>
  tf.engine().runKernel(name, inputs, step as unknown as tf.NamedAttrMap) as tf.Tensor;

/** The pooled rows and columns, with depths as rows: `[n, d, h' w', c]`. */
function inDepth(name: string, x: tf.Tensor, step: Step) {
  const [n, d, h, w, c] = x.shape as Shape5D;
  const images = tf.reshape(x, [n * d, h, w, c]);
  const pooled = run(name, { x: images }, step);
  const [, rows, columns] = pooled.shape as [number, number, number, number];
  return { images, pooled, rows, columns, depths: tf.reshape(pooled, [n, d, rows * columns, c]) };
}

const pooling = (name: string) => (call: Parameters<tf.KernelFunc>[0]) =>
  tf.tidy(() => {
    const x = call.inputs.x as tf.Tensor;
    const [first, second] = stepsOf(call.attrs as unknown as Attributes);
    const { rows, columns, depths } = inDepth(name, x, first);
    const y = run(name, { x: depths }, second);
    return tf.reshape(y, [x.shape[0]!, y.shape[1]!, rows, columns, x.shape[4]!]);
  });

const gradient = (name: string) => (call: Parameters<tf.KernelFunc>[0]) =>
  tf.tidy(() => {
    const { dy, input: x } = call.inputs as { dy: tf.Tensor; input: tf.Tensor };
    const [first, second] = stepsOf(call.attrs as unknown as Attributes);
    const { images, pooled, rows, columns, depths } = inDepth(name, x, first);
    const [n, d, , , c] = dy.shape as Shape5D;
    const given = tf.reshape(dy, [n, d, rows * columns, c]);
    const onDepths = run(`${name}Grad`, { dy: given, input: depths }, second);
    const onImages = run(`${name}Grad`, { dy: tf.reshape(onDepths, pooled.shape), input: images }, first);
    return tf.reshape(onImages, x.shape);
  });

/**
 * Registers pooling of volumes by that of images, which is right here: tfjs's own on wasm takes the least positive float
 * for the maximum of windows that are negative, and those of both backends pass over NaN.
 */
export function registerVolumePooling(backendName: string): void {
  const kernels = ['MaxPool', 'AvgPool'].flatMap((name): [string, tf.KernelFunc][] => [
    [`${name}3D`, pooling(name) as unknown as tf.KernelFunc],
    [`${name}3DGrad`, gradient(name) as unknown as tf.KernelFunc],
  ]);
  putKernels(backendName, Object.fromEntries(kernels.map(([name, kernel]) => [name, () => kernel])));
}
