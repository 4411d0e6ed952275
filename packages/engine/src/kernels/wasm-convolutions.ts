import * as tf from '@tensorflow/tfjs';
import { finiteAt } from '../wasm/finite';
import { addressOf, type WasmBackend } from '../wasm/memory';

type Shape4D = [number, number, number, number];
type Call = Parameters<tf.KernelFunc>[0];
/** Makes a kernel of tfjs's own. */
type Repair = (stock: tf.KernelFunc | undefined) => tf.KernelFunc;

const sizeOf = (tensor: tf.TensorInfo) => tf.util.sizeFromShape(tensor.shape);

/** Whether a tensor holds neither NaN nor infinities. */
export const holdsNumbers = (backend: WasmBackend, tensor: tf.TensorInfo): boolean =>
  finiteAt(backend, addressOf(backend, tensor), sizeOf(tensor));

/**
 * What is NaN comes out of XNNPACK's clamp as minus infinity, which the next ReLU would make a plain zero: it becomes NaN
 * again. A sum that did overflow to minus infinity becomes NaN as well.
 */
export function withNaN(backend: WasmBackend, y: tf.TensorInfo): tf.TensorInfo {
  if (holdsNumbers(backend, y)) return y;
  const start = addressOf(backend, y) >>> 2;
  const values = backend.wasm.HEAPF32.subarray(start, start + sizeOf(y));
  values.forEach((value, i) => {
    if (value === Number.NEGATIVE_INFINITY) values[i] = Number.NaN;
  });
  return y;
}

/**
 * `same` padding in numbers. Told `same`, XNNPACK computes it anew, and wrong where the windows do not reach the image's
 * end: (out - 1) stride + window < size.
 */
function explicitly({ inputs, attrs, backend }: Call, depthwise: boolean): Call {
  const { strides, dilations, pad, dimRoundingMode } = attrs as unknown as {
    strides: [number, number];
    dilations?: [number, number];
    pad: 'same';
    dimRoundingMode?: 'floor';
  };
  if (pad !== 'same') return { inputs, attrs, backend };
  const [x, filter] = [inputs.x!.shape, inputs.filter!.shape] as [Shape4D, Shape4D];
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  const { top, bottom, left, right } = info.padInfo;
  const padding = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return { inputs, attrs: { ...attrs, pad: padding } as unknown as tf.NamedAttrMap, backend };
}

const convolution =
  (depthwise: boolean): Repair =>
  (stock) =>
  (call) =>
    withNaN(call.backend as WasmBackend, stock!(explicitly(call, depthwise)) as tf.TensorInfo);

/** An activation of a fused op, by itself. */
function activated(y: tf.Tensor, { attrs, inputs }: Call): tf.Tensor {
  const { activation, leakyreluAlpha } = attrs as { activation?: string; leakyreluAlpha?: number };
  switch (activation) {
    case 'relu':
      return tf.relu(y);
    case 'relu6':
      return tf.relu6(y);
    case 'elu':
      return tf.elu(y);
    case 'sigmoid':
      return tf.sigmoid(y);
    case 'leakyrelu':
      return tf.leakyRelu(y, leakyreluAlpha);
    case 'prelu':
      return tf.prelu(y, inputs.preluActivationWeights as tf.Tensor);
    default:
      return y;
  }
}

/** A fused op as its parts, one after the other. */
function unfused(call: Call, part: () => tf.Tensor): tf.TensorInfo {
  return tf.tidy(() => {
    const y = part();
    return activated(call.inputs.bias ? tf.add(y, call.inputs.bias as tf.Tensor) : y, call);
  });
}

const run = (name: string, inputs: object, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as tf.Tensor;

/** A fused activation clamps by itself, so that NaN would be lost within: what is not finite goes through the parts. */
const fusedConvolution =
  (name: string, depthwise: boolean): Repair =>
  (stock) =>
  (call) => {
    const backend = call.backend as WasmBackend;
    const { x, filter } = call.inputs as Record<string, tf.TensorInfo>;
    if (holdsNumbers(backend, x!) && holdsNumbers(backend, filter!))
      return stock!(explicitly(call, depthwise));
    return unfused(call, () => run(name, { x, filter }, call.attrs ?? {}));
  };

const product: Repair = (stock) => (call) =>
  withNaN(call.backend as WasmBackend, stock!(call) as tf.TensorInfo);

/** Of transposed matrices, or of several, tfjs's own adds the bias to the wrong elements. */
const fusedProduct: Repair = (stock) => (call) => {
  const backend = call.backend as WasmBackend;
  const { a, b } = call.inputs as Record<string, tf.TensorInfo>;
  const { transposeA, transposeB } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
  const single =
    a!.shape.slice(0, -2).every((length) => length === 1) &&
    b!.shape.slice(0, -2).every((length) => length === 1);
  const plain = !transposeA && !transposeB && single;
  if (plain && holdsNumbers(backend, a!) && holdsNumbers(backend, b!)) return stock!(call);
  return unfused(call, () =>
    run('BatchMatMul', { a, b }, { transposeA: transposeA ?? false, transposeB: transposeB ?? false }),
  );
};

/** Convolutions and products of matrices, right and with NaN where they should be. */
export const convolutionRepairs: Readonly<Record<string, Repair>> = {
  Conv2D: convolution(false),
  DepthwiseConv2dNative: convolution(true),
  FusedConv2D: fusedConvolution('Conv2D', false),
  FusedDepthwiseConv2D: fusedConvolution('DepthwiseConv2dNative', true),
  BatchMatMul: product,
  _FusedMatMul: fusedProduct,
};
