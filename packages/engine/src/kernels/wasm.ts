import * as tf from '@tensorflow/tfjs';
import { channelAffine, channelSums, maskPositive } from '../wasm/channels';
import { filterGradient } from '../wasm/filter-gradient';
import type { Geometry } from '../wasm/geometry';
import { inputGradient } from '../wasm/input-gradient';
import { addressOf, type WasmBackend, withScratch } from '../wasm/memory';
import {
  arrayKernels,
  batchNorm,
  batchNormGradient,
  type ChannelPasses,
  type Inputs,
  loopPasses,
} from './array-kernels';
import { wasmMemory } from './array-memory';
import { trainingKernels } from './names';
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

type Kernel = (
  backend: WasmBackend,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];
type Shape4D = [number, number, number, number];

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

/** The passes by SIMD where channels come in fours, by the plain loops elsewhere. */
function simdPasses(backend: WasmBackend): ChannelPasses {
  const loops = loopPasses(wasmMemory(backend));
  return {
    sums(a, b, channels) {
      if (channels % 4 !== 0) return loops.sums(a, b, channels);
      return withScratch(backend, (allocate) => {
        const at = allocate(channels * 16);
        const pixels = tf.util.sizeFromShape(a.shape) / channels;
        channelSums(backend, addressOf(backend, a), addressOf(backend, b), pixels, channels, at);
        const copy = new Float64Array(backend.wasm.HEAPU8.slice(at, at + channels * 16).buffer);
        return { sums: copy.subarray(0, channels), products: copy.subarray(channels) };
      });
    },
    apply(a, b, table) {
      const channels = table.centre.length;
      if (channels % 4 !== 0) return loops.apply(a, b, table);
      const out = backend.makeOutput(b.shape, 'float32');
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
    },
  };
}

const reluGradient: Kernel = (backend, { dy, x }) => {
  const out = backend.makeOutput(x!.shape, 'float32');
  const size = tf.util.sizeFromShape(x!.shape);
  maskPositive(backend, addressOf(backend, dy!), addressOf(backend, x!), addressOf(backend, out), size);
  return out;
};

/** By SIMD, where the plain loop of the other kernels would take as long as a convolution. */
const allFinite: Kernel = (backend, inputs) =>
  wasmMemory(backend).truth(Object.values(inputs).every((x) => holdsNumbers(backend, x)));

/** Shares the values, as on tfjs's other backends; its own kernel here copies whatever a gradient saves. */
const identity: Kernel = (backend, { x }) => {
  backend.incRef(x!.dataId);
  return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
};

const onArrays = Object.entries(arrayKernels).map(([name, kernel]): [string, Kernel] => [
  name,
  (backend, inputs, attributes) => kernel(wasmMemory(backend), inputs, attributes),
]);

const kernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(onArrays),
  [trainingKernels.allFinite]: allFinite,
  Identity: identity,
  Conv2DBackpropInput: convolutionInput,
  Conv2DBackpropFilter: convolutionFilter,
  [trainingKernels.dilatedInputGradient]: convolutionInput,
  [trainingKernels.dilatedFilterGradient]: convolutionFilter,
  [trainingKernels.batchNorm]: (backend, inputs, { epsilon }) =>
    batchNorm(wasmMemory(backend), simdPasses(backend), inputs, epsilon),
  [trainingKernels.batchNormGradient]: (backend, inputs, { epsilon }) =>
    batchNormGradient(wasmMemory(backend), simdPasses(backend), inputs, epsilon),
  [trainingKernels.reluGradient]: reluGradient,
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
