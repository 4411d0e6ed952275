import * as tf from '@tensorflow/tfjs';
import { applyChannels, finite, normGradientTable, normTable, sumChannels } from './loops';
import { trainingKernels } from './names';
import { maxPlaces, putPlaces, takePlaces } from './places';

interface CpuBackend {
  readonly data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array | Uint8Array): tf.TensorInfo;
}

type Kernel = (
  backend: CpuBackend,
  inputs: Record<string, tf.TensorInfo>,
  epsilon: number,
) => tf.TensorInfo | tf.TensorInfo[];

const valuesOf = (backend: CpuBackend, tensor: tf.TensorInfo) => backend.data.get(tensor.dataId).values;
const output = (backend: CpuBackend, values: Float32Array, shape = [values.length]) =>
  backend.makeTensorInfo(shape, 'float32', values);

const batchNorm: Kernel = (backend, { x, gamma, beta }, epsilon) => {
  const values = valuesOf(backend, x!);
  const scale = valuesOf(backend, gamma!);
  const { sums, products } = sumChannels(values, values, scale.length);
  const count = values.length / scale.length;
  const { mean, variance, table } = normTable(
    sums,
    products,
    count,
    scale,
    valuesOf(backend, beta!),
    epsilon,
  );
  const y = new Float32Array(values.length);
  applyChannels(null, values, table, y);
  return [output(backend, y, x!.shape), output(backend, mean), output(backend, variance)];
};

const batchNormGradient: Kernel = (backend, inputs, epsilon) => {
  const [dy, x, gamma, mean, variance] = (['dy', 'x', 'gamma', 'mean', 'variance'] as const).map((name) =>
    valuesOf(backend, inputs[name]!),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const { sums, products } = sumChannels(dy, x, gamma.length);
  const count = x.length / gamma.length;
  const { dgamma, dbeta, table } = normGradientTable(sums, products, count, gamma, mean, variance, epsilon);
  const dx = new Float32Array(x.length);
  applyChannels(dy, x, table, dx);
  return [output(backend, dx, inputs.x!.shape), output(backend, dgamma), output(backend, dbeta)];
};

const reluGradient: Kernel = (backend, { dy, x }) => {
  const gate = valuesOf(backend, x!);
  return output(backend, valuesOf(backend, dy!).map((value, i) => ((gate[i] as number) > 0 ? value : 0)), x!.shape); // biome-ignore format: one expression
};

const allFinite: Kernel = (backend, inputs) => {
  const all = Object.values(inputs).every((x) => finite(valuesOf(backend, x)));
  return backend.makeTensorInfo([], 'bool', Uint8Array.of(all ? 1 : 0));
};

const maxPlace: Kernel = (backend, { x }) => {
  const [n, h, w, c] = x!.shape as [number, number, number, number];
  const windows = [n, h / 2, w / 2, c];
  const size = tf.util.sizeFromShape(windows);
  const [values, places] = [new Float32Array(size), new Float32Array(size)];
  maxPlaces(valuesOf(backend, x!), x!.shape, values, places);
  return [output(backend, values, windows), output(backend, places, windows)];
};

const putPlace: Kernel = (backend, { values, places }) => {
  const [n, h, w, c] = values!.shape as [number, number, number, number];
  const shape = [n, 2 * h, 2 * w, c];
  const image = new Float32Array(tf.util.sizeFromShape(shape));
  putPlaces(valuesOf(backend, values!), valuesOf(backend, places!), shape, image);
  return output(backend, image, shape);
};

const takePlace: Kernel = (backend, { x, places }) => {
  const values = new Float32Array(tf.util.sizeFromShape(places!.shape));
  takePlaces(valuesOf(backend, x!), valuesOf(backend, places!), x!.shape, values);
  return output(backend, values, places!.shape);
};

/** Registers the training kernels of tfjs's plain JavaScript backend. */
export function registerCpuKernels(): void {
  const kernels: Record<string, Kernel> = {
    [trainingKernels.batchNorm]: batchNorm,
    [trainingKernels.batchNormGradient]: batchNormGradient,
    [trainingKernels.reluGradient]: reluGradient,
    [trainingKernels.allFinite]: allFinite,
    [trainingKernels.maxPlace]: maxPlace,
    [trainingKernels.putPlace]: putPlace,
    [trainingKernels.takePlace]: takePlace,
  };
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'cpu') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'cpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel(
          backend as CpuBackend,
          inputs as Record<string, tf.TensorInfo>,
          (attrs as { epsilon?: number } | undefined)?.epsilon ?? 0,
        ),
    });
  }
}
