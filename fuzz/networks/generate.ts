import * as tf from '@tensorflow/tfjs';
import { layersOf } from './given';
import { apply, type Draw, Names } from './image-layers';
import { functionalImages, imageGraph, sequentialImages } from './image-network';
import { kerasForm } from './keras-form';
import { Random } from './random';
import { sequenceNetwork, vectorNetwork } from './sequence-network';

type Symbolic = tf.SymbolicTensor;

/** A drawn network. */
export interface Case {
  readonly seed: number;
  readonly model: tf.LayersModel;
  /** What is special about it, for reports. */
  readonly notes: readonly string[];
  /** For further draws of the same case. */
  readonly random: Random;
}

/** Draws a network; everything follows from the seed. */
export async function drawCase(seed: number): Promise<Case> {
  const random = new Random(seed);
  const draw: Draw = { random, names: new Names() };
  const notes: string[] = [];
  let model = drawModel(draw, notes);
  setWeights(model, random);
  freeze(model, random, notes);
  if (random.chance(0.25)) {
    const read = await kerasForm(model);
    if (read) {
      model = read;
      notes.push('written by Keras');
      freeze(model, random, notes);
    }
  }
  return { seed, model, notes, random };
}

function drawModel(draw: Draw, notes: string[]): tf.LayersModel {
  const { random, names } = draw;
  const kind = random.next();
  if (kind < 0.12) {
    notes.push('words');
    return sequenceNetwork(draw);
  }
  if (kind < 0.24) {
    notes.push('vectors');
    return vectorNetwork(draw);
  }
  const side = () => (random.chance(0.06) ? null : random.integer(6, 11));
  const shape = (): number[] => {
    const height = side();
    return [height, height === null ? null : random.integer(6, 11), random.integer(1, 3)] as number[];
  };
  if (kind < 0.4) {
    notes.push('in a row');
    const whole = sequentialImages(draw, shape(), 0);
    if (!random.chance(0.25) || whole.layers.length < 3) return whole;
    notes.push('without its first layer');
    const rest = whole.layers.slice(1);
    return rest[0]!.inboundNodes.length === 1 && !(rest[0] instanceof tf.LayersModel)
      ? tf.sequential({ name: names.next('rest'), layers: rest })
      : whole;
  }
  if (kind < 0.5) {
    notes.push('images to images');
    return functionalImages(draw, [shape()], 0, random.integer(1, 2));
  }
  notes.push('images to answers');
  const fixed = random.chance(0.1);
  const shapes = random.chance(0.15) ? [shape(), shape()] : [shape()];
  const inputs = shapes.map((sides) =>
    tf.input({ ...(fixed ? { batchShape: [3, ...sides] } : { shape: sides }), name: names.next('image') }),
  );
  const tensors = imageGraph(draw, inputs, 0).slice(inputs.length);
  const count = random.integer(1, Math.min(3, tensors.length));
  const outputs = tensors.slice(-count).map((y) => answer(draw, y));
  return tf.model({ name: names.next('net'), inputs, outputs: [...new Set(outputs)] });
}

/** A tensor as it is, or a dense layer on its means or on all of it. */
function answer({ random, names }: Draw, y: Symbolic): Symbolic {
  if (random.chance(0.2)) return y;
  const open = y.shape.slice(1).includes(null);
  const flat =
    y.shape.length === 2
      ? y
      : open || random.chance(0.5)
        ? apply(tf.layers.globalAveragePooling2d({ name: names.next('pool') }), y)
        : apply(tf.layers.flatten({ name: names.next('flat') }), y);
  const activation = random.pick(['linear', 'softmax', 'sigmoid'] as const);
  return apply(tf.layers.dense({ name: names.next('classes'), units: 3, activation }), flat);
}

/** Values as of a trained network. */
function setWeights(model: tf.LayersModel, random: Random): void {
  for (const { layer } of layersOf(model)) {
    for (const weight of layer.weights) {
      const shape = weight.shape as number[];
      const size = shape.reduce((product, side) => product * side, 1);
      const fan = Math.max(
        1,
        shape.slice(0, -1).reduce((product, side) => product * side, 1),
      );
      const isNorm = /gamma|variance/.test(weight.originalName);
      const draw = isNorm
        ? () => random.between(0.5, 1.5)
        : () => random.normal() * (shape.length > 1 ? 1 / Math.sqrt(fan) : 0.4);
      const value = tf.tensor(random.numbers(size, draw), shape);
      weight.write(value);
      value.dispose();
    }
  }
}

function freeze(model: tf.LayersModel, random: Random, notes: string[]): void {
  if (!random.chance(0.35)) return;
  notes.push('frozen parts');
  for (const { layer } of layersOf(model)) {
    if (random.chance(0.25) && layer.weights.length > 0) layer.trainable = false;
    else if (random.chance(0.02) && layer.weights.length > 1) layer.weights[0]!.trainable = false;
  }
  for (const layer of model.layers)
    if (layer instanceof tf.LayersModel && random.chance(0.3)) layer.trainable = false;
}
