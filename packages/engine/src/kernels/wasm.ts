import * as tf from '@tensorflow/tfjs';
import { channelAffine, channelSums, maskPositive } from '../wasm/channels';
import { filterGradient } from '../wasm/filter-gradient';
import type { Geometry } from '../wasm/geometry';
import { inputGradient } from '../wasm/input-gradient';
import { addressOf, type WasmBackend, withScratch } from '../wasm/memory';
import { applyChannels, type ChannelTable, normGradientTable, normTable, sumChannels } from './loops';
import { trainingKernels } from './names';
import { maxPlaces, putPlaces, takePlaces } from './places';
import { putKernels } from './registry';
import { clampRepairs } from './wasm-clamps';
import { convolutionRepairs, holdsNumbers } from './wasm-convolutions';
import { sumRepairs } from './wasm-sums';

interface Attributes {
  readonly epsilon: number;
  readonly strides: [number, number] | number;
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations?: [number, number] | number;
  readonly inputShape: [number, number, number, number];
  readonly filterShape: [number, number, number, number];
}

type Inputs = Record<string, tf.TensorInfo>;
type Kernel = (
  backend: WasmBackend,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];
type Shape4D = [number, number, number, number];

const valuesOf = (backend: WasmBackend, tensor: tf.TensorInfo): Float32Array => {
  const start = addressOf(backend, tensor) >>> 2;
  return backend.wasm.HEAPF32.subarray(start, start + tf.util.sizeFromShape(tensor.shape));
};
const output = (backend: WasmBackend, values: Float32Array) => {
  const out = backend.makeOutput([values.length], 'float32');
  valuesOf(backend, out).set(values);
  return out;
};

function convolutionInfo(x: Shape4D, filter: Shape4D, attributes: Attributes) {
  const { strides, pad, dimRoundingMode, dilations = [1, 1], dataFormat = 'NHWC' } = attributes;
  if (dataFormat !== 'NHWC')
    throw new Error(`The wasm backend convolves images in NHWC order, not ${dataFormat}.`);
  return tf.backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, dimRoundingMode);
}

function geometry(x: Shape4D, filter: Shape4D, attributes: Attributes): Geometry {
  const info = convolutionInfo(x, filter, attributes);
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: filter[0],
    kernelWidth: filter[1],
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

const convolutionInput: Kernel = (backend, { dy, filter }, attributes) =>
  inputGradient(backend, dy!, filter!, geometry(attributes.inputShape, filter!.shape as Shape4D, attributes));

const convolutionFilter: Kernel = (backend, { x, dy }, attributes) =>
  filterGradient(backend, x!, dy!, geometry(x!.shape as Shape4D, attributes.filterShape, attributes));

/** Channel sums by SIMD where channels come in fours, by the plain loop elsewhere. */
function sums(backend: WasmBackend, a: tf.TensorInfo, b: tf.TensorInfo, channels: number) {
  if (channels % 4 !== 0) return sumChannels(valuesOf(backend, a), valuesOf(backend, b), channels);
  return withScratch(backend, (allocate) => {
    const at = allocate(channels * 16);
    const pixels = tf.util.sizeFromShape(a.shape) / channels;
    channelSums(backend, addressOf(backend, a), addressOf(backend, b), pixels, channels, at);
    const copy = new Float64Array(backend.wasm.HEAPU8.slice(at, at + channels * 16).buffer);
    return { sums: copy.subarray(0, channels), products: copy.subarray(channels) };
  });
}

function apply(
  backend: WasmBackend,
  a: tf.TensorInfo | null,
  b: tf.TensorInfo,
  table: ChannelTable,
): tf.TensorInfo {
  const out = backend.makeOutput(b.shape, 'float32');
  const channels = table.centre.length;
  if (channels % 4 !== 0) {
    applyChannels(a && valuesOf(backend, a), valuesOf(backend, b), table, valuesOf(backend, out));
    return out;
  }
  withScratch(backend, (allocate) => {
    const at = allocate(channels * 16);
    [table.centre, table.slope, table.offset, table.other].forEach((row, i) => {
      backend.wasm.HEAPF32.set(row, (at >>> 2) + i * channels);
    });
    const operands = {
      a: a && addressOf(backend, a),
      b: addressOf(backend, b),
      table: at,
      out: addressOf(backend, out),
    };
    channelAffine(backend, operands, tf.util.sizeFromShape(b.shape) / channels, channels);
  });
  return out;
}

const batchNorm: Kernel = (backend, { x, gamma, beta }, { epsilon }) => {
  const scale = valuesOf(backend, gamma!).slice();
  const shift = valuesOf(backend, beta!).slice();
  const { sums: sum, products } = sums(backend, x!, x!, scale.length);
  const count = tf.util.sizeFromShape(x!.shape) / scale.length;
  const { mean, variance, table } = normTable(sum, products, count, scale, shift, epsilon);
  return [apply(backend, null, x!, table), output(backend, mean), output(backend, variance)];
};

const batchNormGradient: Kernel = (backend, { dy, x, gamma, mean, variance }, { epsilon }) => {
  // Copies: allocating may grow the heap, which detaches every view on it.
  const [scale, centre, spread] = [gamma!, mean!, variance!].map((input) =>
    valuesOf(backend, input).slice(),
  ) as [Float32Array, Float32Array, Float32Array];
  const { sums: sum, products } = sums(backend, dy!, x!, scale.length);
  const count = tf.util.sizeFromShape(x!.shape) / scale.length;
  const gradient = normGradientTable(sum, products, count, scale, centre, spread, epsilon);
  return [
    apply(backend, dy!, x!, gradient.table),
    output(backend, gradient.dgamma),
    output(backend, gradient.dbeta),
  ];
};

const reluGradient: Kernel = (backend, { dy, x }) => {
  const out = backend.makeOutput(x!.shape, 'float32');
  const size = tf.util.sizeFromShape(x!.shape);
  maskPositive(backend, addressOf(backend, dy!), addressOf(backend, x!), addressOf(backend, out), size);
  return out;
};

const allFinite: Kernel = (backend, inputs) => {
  const all = Object.values(inputs).every((x) => holdsNumbers(backend, x));
  const out = backend.makeOutput([], 'bool');
  backend.wasm.HEAPU8[addressOf(backend, out)] = all ? 1 : 0;
  return out;
};

// Views on the heap are taken after all outputs are made: allocating may replace it.
const maxPlace: Kernel = (backend, { x }) => {
  const [n, h, w, c] = x!.shape as Shape4D;
  const values = backend.makeOutput([n, h / 2, w / 2, c], 'float32');
  const places = backend.makeOutput([n, h / 2, w / 2, c], 'float32');
  maxPlaces(valuesOf(backend, x!), x!.shape, valuesOf(backend, values), valuesOf(backend, places));
  return [values, places];
};

const putPlace: Kernel = (backend, { values, places }) => {
  const [n, h, w, c] = values!.shape as Shape4D;
  const image = backend.makeOutput([n, 2 * h, 2 * w, c], 'float32');
  putPlaces(valuesOf(backend, values!), valuesOf(backend, places!), image.shape, valuesOf(backend, image));
  return image;
};

const takePlace: Kernel = (backend, { x, places }) => {
  const values = backend.makeOutput(places!.shape, 'float32');
  takePlaces(valuesOf(backend, x!), valuesOf(backend, places!), x!.shape, valuesOf(backend, values));
  return values;
};

/** Shares the values, as on tfjs's other backends; its own kernel here copies whatever a gradient saves. */
const identity: Kernel = (backend, { x }) => {
  backend.incRef(x!.dataId);
  return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
};

const kernels: Readonly<Record<string, Kernel>> = {
  Identity: identity,
  Conv2DBackpropInput: convolutionInput,
  Conv2DBackpropFilter: convolutionFilter,
  [trainingKernels.dilatedInputGradient]: convolutionInput,
  [trainingKernels.dilatedFilterGradient]: convolutionFilter,
  [trainingKernels.batchNorm]: batchNorm,
  [trainingKernels.batchNormGradient]: batchNormGradient,
  [trainingKernels.reluGradient]: reluGradient,
  [trainingKernels.allFinite]: allFinite,
  [trainingKernels.maxPlace]: maxPlace,
  [trainingKernels.putPlace]: putPlace,
  [trainingKernels.takePlace]: takePlace,
};

/**
 * Registers the training kernels of the wasm backend, replacing its slow input gradient of a convolution, and repairs
 * those of its own that are wrong.
 */
export function registerWasmKernels(): void {
  const entries = Object.entries(kernels).map(([name, kernel]) => [
    name,
    () =>
      ({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]) =>
        kernel(backend as WasmBackend, inputs as Inputs, (attrs ?? {}) as unknown as Attributes),
  ]);
  putKernels('wasm', {
    ...Object.fromEntries(entries),
    ...convolutionRepairs,
    ...clampRepairs,
    ...sumRepairs,
  });
}
