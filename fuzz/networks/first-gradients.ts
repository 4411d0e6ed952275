import { parametersOf } from '@overparam/core-reparam';
import * as tf from '@tensorflow/tfjs';
import { layersOf } from './given';

type Numbers = ReadonlyMap<string, Float32Array>;

/** The mean square distance of every output from a number. */
function distance(outputs: readonly tf.Tensor[]): tf.Scalar {
  return tf.addN(outputs.map((output) => tf.mean(tf.square(tf.sub(output, 0.3))))).asScalar();
}

/**
 * Whether tfjs itself can train a network, as the expanded one is trained: it has no gradient of a dilated convolution,
 * fails in a norm without gamma or beta, and draws dropout by itself.
 */
export function trainsInStock(model: tf.LayersModel): boolean {
  return layersOf(model).every(({ layer }) => {
    const { rate, dilationRate, scale, center } = layer.getConfig() as {
      readonly rate?: number;
      readonly dilationRate?: number | readonly number[];
      readonly scale?: boolean;
      readonly center?: boolean;
    };
    const dilated = [dilationRate ?? 1].flat().some((apart) => apart > 1);
    return !dilated && !(rate && rate > 0) && scale !== false && center !== false;
  });
}

/** First gradients of an expanded network's parameters, by name. */
export function gradientsBefore(expanded: tf.LayersModel, inputs: tf.Tensor[]): Numbers {
  const parameters = parametersOf(expanded);
  const found = new Map<string, Float32Array>();
  tf.tidy(() => {
    const { grads } = tf.variableGrads(
      () => distance([expanded.apply(inputs, { training: true })].flat() as tf.Tensor[]),
      parameters.map(({ variable }) => variable),
    );
    for (const { name, variable } of parameters) {
      const gradient = grads[variable.name];
      if (gradient) found.set(name, gradient.dataSync() as Float32Array);
    }
  });
  return found;
}

/**
 * The largest gap between the first gradients of a network whose expansions compute what the given one does, and those
 * that tfjs takes of the given network on the same engine, over the weights that both have. Its plain backend is no judge
 * here: some of its own gradients, of resizing and pooling, are wrong.
 */
export function gradientGap(model: tf.LayersModel, inputs: tf.Tensor[], found: Numbers): number {
  const placed = layersOf(model);
  const weights = placed.flatMap(({ layer, path }) =>
    layer.weights.map((weight) => ({
      name: `${path}/${weight.originalName.split('/').at(-1)}`,
      variable: weight.read() as tf.Tensor as tf.Variable,
    })),
  );
  // A bidirectional layer has two weights of each name.
  const wanted = weights.filter(
    ({ name, variable }) =>
      found.get(name)?.length === variable.size &&
      weights.filter((other) => other.name === name).length === 1,
  );
  if (wanted.length === 0) return 0;
  const kept = weights.map(({ variable }) => tf.clone(variable));
  try {
    const theirs = tf.tidy(() => {
      const { grads } = tf.variableGrads(
        () => distance([model.apply(inputs, { training: true })].flat() as tf.Tensor[]),
        wanted.map(({ variable }) => variable),
      );
      return wanted.map(({ variable }) => grads[variable.name]?.dataSync() as Float32Array | undefined);
    });
    // All on one scale, those of expansions too: a bias before a norm has no gradient, only rounding of the larger ones.
    const sizes = [...found.values()].map((values) => Math.max(0, ...values.map(Math.abs)));
    const size = Math.max(...sizes);
    const gaps = theirs.map((values, index) => {
      const mine = found.get(wanted[index]!.name)!;
      return Math.max(...mine.map((value, at) => Math.abs(value - (values?.[at] ?? 0))));
    });
    return size === 0 ? 0 : Math.max(0, ...gaps) / size;
  } finally {
    weights.forEach(({ variable }, index) => {
      variable.assign(kept[index] as tf.Variable);
    });
    tf.dispose(kept);
  }
}
