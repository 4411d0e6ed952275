import * as tf from '@tensorflow/tfjs';
import { type ArrayMemory, arrayMemories } from './array-memory';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
import { trainingKernels } from './names';
import { maximumGradient, meanGradient } from './pooling';
import { putKernels } from './registry';
import { type Alignment, bilinearGradient, nearestGradient } from './resizing';

type Shape4D = [number, number, number, number];

interface Attributes extends Alignment {
  readonly filterSize: [number, number];
  readonly strides: [number, number];
  readonly pad: 'same';
  readonly dimRoundingMode?: 'floor';
  readonly dilations?: [number, number] | number;
  readonly inputShape: Shape4D;
  readonly filterShape: Shape4D;
  readonly numSegments: number;
}

type ArrayKernel = (
  memory: ArrayMemory,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attributes: Attributes,
) => tf.TensorInfo;

/** A tensor of zeros, which may hold what was there before. */
function zeros(memory: ArrayMemory, shape: readonly number[]): tf.TensorInfo {
  const made = memory.allocate(shape);
  memory.view(made).fill(0);
  return made;
}

const poolingOf = (x: tf.TensorInfo, { filterSize, strides, pad, dimRoundingMode }: Attributes) =>
  tf.backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);

const convolutionOf = (x: Shape4D, filter: Shape4D, attributes: Attributes) => {
  const { strides, pad, dimRoundingMode, dilations = 1 } = attributes;
  return tf.backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, dimRoundingMode, true);
};

const maximum: ArrayKernel = (memory, { dy, input }, attributes) => {
  const dx = zeros(memory, input!.shape);
  maximumGradient(memory.view(dy!), memory.view(input!), memory.view(dx), poolingOf(input!, attributes));
  return dx;
};

const mean: ArrayKernel = (memory, { dy, input }, attributes) => {
  const dx = zeros(memory, input!.shape);
  meanGradient(memory.view(dy!), memory.view(dx), poolingOf(input!, attributes));
  return dx;
};

const bilinear: ArrayKernel = (memory, { dy, images }, attributes) => {
  const dx = zeros(memory, images!.shape);
  const size = dy!.shape.slice(1, 3) as [number, number];
  bilinearGradient(memory.view(dy!), memory.view(dx), images!.shape as Shape4D, size, attributes);
  return dx;
};

/**
 * For each of `to` pixels along an axis the one of `from` that resizing takes. By the op itself, on an image of one column
 * that holds its own positions: whatever it rounds to, its gradient goes there.
 */
function nearestOf(memory: ArrayMemory, from: number, to: number, alignment: Alignment): Float32Array {
  const taken = tf.tidy(() => {
    const positions = tf.reshape(tf.range(0, from, 1, 'float32'), [1, from, 1, 1]) as tf.Tensor4D;
    const { alignCorners, halfPixelCenters } = alignment;
    return tf.image.resizeNearestNeighbor(positions, [to, 1], alignCorners, halfPixelCenters);
  });
  const values = memory.view(taken).slice();
  taken.dispose();
  return values;
}

const nearest: ArrayKernel = (memory, { dy, images }, attributes) => {
  const shape = images!.shape as Shape4D;
  const rows = nearestOf(memory, shape[1], dy!.shape[1]!, attributes);
  const columns = nearestOf(memory, shape[2], dy!.shape[2]!, attributes);
  const dx = zeros(memory, shape);
  nearestGradient(memory.view(dy!), memory.view(dx), shape, rows, columns);
  return dx;
};

const depthwiseInput: ArrayKernel = (memory, { dy, filter }, attributes) => {
  const { inputShape } = attributes;
  const dx = zeros(memory, inputShape);
  const info = convolutionOf(inputShape, filter!.shape as Shape4D, attributes);
  depthwiseInputGradient(memory.view(dy!), memory.view(filter!), memory.view(dx), info);
  return dx;
};

const depthwiseFilter: ArrayKernel = (memory, { x, dy }, attributes) => {
  const { filterShape } = attributes;
  const dfilter = zeros(memory, filterShape);
  const info = convolutionOf(x!.shape as Shape4D, filterShape, attributes);
  depthwiseFilterGradient(memory.view(x!), memory.view(dy!), memory.view(dfilter), info);
  return dfilter;
};

/** Adds up rows by the number of their segment; the gradient of gathering rows. */
const segmentSum: ArrayKernel = (memory, { x, segmentIds }, { numSegments }) => {
  const inner = x!.shape.slice(segmentIds!.shape.length);
  const width = tf.util.sizeFromShape(inner);
  const sums = zeros(memory, [numSegments, ...inner]);
  const [values, segments, out] = [memory.view(x!), memory.integers(segmentIds!), memory.view(sums)];
  segments.forEach((segment, row) => {
    // A row of no segment is left out, as in TensorFlow.
    if (segment < 0 || segment >= numSegments) return;
    for (let i = 0; i < width; i++) {
      out[segment * width + i] = out[segment * width + i]! + values[row * width + i]!;
    }
  });
  return sums;
};

/**
 * Gradients that tfjs has not, or not right, for backends whose numbers JavaScript can reach. Its own average pooling divides
 * by windows' full size, its maximum pooling passes over maxima that are not above zero (wasm), its resizing knows no
 * half pixels and never ends where all looks at one pixel (cpu), its depthwise convolution no dilation; what gathering
 * needs is missing (wasm) or goes through all values once for each row (cpu).
 */
const kernels: Readonly<Record<string, ArrayKernel>> = {
  MaxPoolGrad: maximum,
  AvgPoolGrad: mean,
  ResizeBilinearGrad: bilinear,
  ResizeNearestNeighborGrad: nearest,
  UnsortedSegmentSum: segmentSum,
  DepthwiseConv2dNativeBackpropInput: depthwiseInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilter,
  [trainingKernels.dilatedDepthwiseInputGradient]: depthwiseInput,
  [trainingKernels.dilatedDepthwiseFilterGradient]: depthwiseFilter,
};

/** Registers these gradients for one of the backends that {@link arrayMemories} can reach. */
export function registerArrayGradients(backendName: string): void {
  const open = arrayMemories[backendName]!;
  const entries = Object.entries(kernels).map(([name, kernel]) => [
    name,
    (stock: tf.KernelFunc | undefined) => (call: Parameters<tf.KernelFunc>[0]) => {
      const { inputs, attrs, backend } = call;
      const given = inputs as Record<string, tf.TensorInfo>;
      // Whole numbers, which only sums of segments take.
      if (stock !== undefined && given.x !== undefined && given.x.dtype !== 'float32') return stock(call);
      return kernel(open(backend), given, attrs as unknown as Attributes);
    },
  ]);
  putKernels(backendName, Object.fromEntries(entries));
}
