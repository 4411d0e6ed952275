import type * as tf from '@tensorflow/tfjs';
import type { ArrayMemory } from './array-memory';
import { applyChannels, type ChannelTable, finite, normGradientTable, normTable, sumChannels } from './loops';
import { trainingKernels } from './names';
import { maxPlaces, putPlaces, takePlaces } from './places';

/** Tensors by their names in a kernel's description. */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** A kernel on a backend's arrays. */
export type ArrayKernel = (
  memory: ArrayMemory,
  inputs: Inputs,
  attributes: { readonly epsilon: number },
) => tf.TensorInfo | tf.TensorInfo[];

/** The two passes over all pixels that batch norm makes each way; a backend may have faster ones. */
export interface ChannelPasses {
  /** Sums of a and of a * b by channel. */
  sums(
    a: tf.TensorInfo,
    b: tf.TensorInfo,
    channels: number,
  ): { readonly sums: Float64Array; readonly products: Float64Array };
  /** What {@link applyChannels} computes, as a new tensor of the shape of b. */
  apply(a: tf.TensorInfo | null, b: tf.TensorInfo, table: ChannelTable): tf.TensorInfo;
}

/** The passes as plain loops. */
export function loopPasses(memory: ArrayMemory): ChannelPasses {
  return {
    sums: (a, b, channels) => sumChannels(memory.view(a), memory.view(b), channels),
    apply(a, b, table) {
      const out = memory.allocate(b.shape);
      applyChannels(a && memory.view(a), memory.view(b), table, memory.view(out));
      return out;
    },
  };
}

/** A vector as a new tensor. */
function vector(memory: ArrayMemory, values: Float32Array): tf.TensorInfo {
  const out = memory.allocate([values.length]);
  memory.view(out).set(values);
  return out;
}

const pixelsOf = ({ shape }: tf.TensorInfo) =>
  shape.slice(0, -1).reduce((product, side) => product * side, 1);

/** `TrainingBatchNorm`, with the passes given. */
export function batchNorm(
  memory: ArrayMemory,
  passes: ChannelPasses,
  { x, gamma, beta }: Inputs,
  epsilon: number,
) {
  // Copies, as views end with the next allocation.
  const [scale, shift] = [memory.view(gamma!).slice(), memory.view(beta!).slice()];
  const { sums, products } = passes.sums(x!, x!, scale.length);
  const { mean, variance, table } = normTable(sums, products, pixelsOf(x!), scale, shift, epsilon);
  return [passes.apply(null, x!, table), vector(memory, mean), vector(memory, variance)];
}

/** `TrainingBatchNormGrad`, with the passes given. */
export function batchNormGradient(
  memory: ArrayMemory,
  passes: ChannelPasses,
  inputs: Inputs,
  epsilon: number,
) {
  const [dy, x] = [inputs.dy!, inputs.x!];
  const copyOf = (name: string) => memory.view(inputs[name]!).slice();
  const [scale, centre, spread] = [copyOf('gamma'), copyOf('mean'), copyOf('variance')];
  const { sums, products } = passes.sums(dy, x, scale.length);
  const gradient = normGradientTable(sums, products, pixelsOf(x), scale, centre, spread, epsilon);
  return [
    passes.apply(dy, x, gradient.table),
    vector(memory, gradient.dgamma),
    vector(memory, gradient.dbeta),
  ];
}

const allFinite: ArrayKernel = (memory, inputs) =>
  memory.truth(Object.values(inputs).every((x) => finite(memory.view(x))));

const maxPlace: ArrayKernel = (memory, { x }) => {
  const [n, h, w, c] = x!.shape as [number, number, number, number];
  const values = memory.allocate([n, h / 2, w / 2, c]);
  const places = memory.allocate([n, h / 2, w / 2, c]);
  maxPlaces(memory.view(x!), x!.shape, memory.view(values), memory.view(places));
  return [values, places];
};

const putPlace: ArrayKernel = (memory, { values, places }) => {
  const [n, h, w, c] = values!.shape as [number, number, number, number];
  const image = memory.allocate([n, 2 * h, 2 * w, c]);
  putPlaces(memory.view(values!), memory.view(places!), image.shape, memory.view(image));
  return image;
};

const takePlace: ArrayKernel = (memory, { x, places }) => {
  const values = memory.allocate(places!.shape);
  takePlaces(memory.view(x!), memory.view(places!), x!.shape, memory.view(values));
  return values;
};

/** The kernels that are the same on every such backend, by name. */
export const arrayKernels: Readonly<Record<string, ArrayKernel>> = {
  [trainingKernels.allFinite]: allFinite,
  [trainingKernels.maxPlace]: maxPlace,
  [trainingKernels.putPlace]: putPlace,
  [trainingKernels.takePlace]: takePlace,
};
