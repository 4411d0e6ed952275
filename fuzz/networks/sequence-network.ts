import * as tf from '@tensorflow/tfjs';
import { apply, batchNorm, channelsOf, type Draw, rules } from './image-layers';

type Symbolic = tf.SymbolicTensor;

function recurrent({ random, names }: Draw, returnSequences: boolean): tf.layers.Layer {
  const units = random.integer(2, 4);
  const kind = random.pick(['lstm', 'gru', 'simpleRNN'] as const);
  const layer = tf.layers[kind]({ name: names.next(kind), units, returnSequences }) as tf.RNN;
  return random.chance(0.3)
    ? tf.layers.bidirectional({
        name: names.next('both'),
        layer,
        mergeMode: random.pick(['concat', 'sum'] as const),
      })
    : layer;
}

/** Words to numbers: an embedding, or an input of vectors, and layers along the sequence. */
export function sequenceNetwork(draw: Draw): tf.LayersModel {
  const { random, names } = draw;
  const embeds = random.chance(0.6);
  const open = random.chance(0.3);
  const length = open ? null : random.integer(4, 7);
  const inputDim = random.integer(3, 9);
  const shape = embeds ? [length] : [length, 3];
  const input = tf.input({
    shape: shape as number[],
    name: names.next('words'),
    dtype: embeds && random.chance(0.4) ? 'int32' : 'float32',
  });
  let y: Symbolic = input;
  if (embeds) {
    const maskZero = random.chance(0.2);
    y = apply(tf.layers.embedding({ name: names.next('embedding'), inputDim, outputDim: 4, maskZero }), y);
  }
  for (let count = random.integer(1, 3); count > 0; count--) {
    const kind = random.integer(0, 4);
    if (kind === 0) {
      const layer = tf.layers.conv1d({
        name: names.next('conv1d'),
        filters: random.integer(2, 4),
        kernelSize: random.integer(1, 3),
        padding: 'same',
        useBias: random.chance(0.5),
      });
      y = apply(layer, y);
      if (random.chance(0.6)) y = apply(batchNorm(draw, y), y);
    } else if (kind === 1) {
      y = apply(dense(draw), y);
      if (random.chance(0.4)) y = apply(batchNorm(draw, y), y);
    } else if (kind === 2) {
      y = apply(tf.layers.timeDistributed({ name: names.next('each'), layer: dense(draw) }), y);
    } else if (kind === 3) {
      y = apply(recurrent(draw, true), y);
    } else y = apply(tf.layers.dropout({ name: names.next('drop'), rate: 0.2 }), y);
  }
  y = random.chance(0.5)
    ? apply(recurrent(draw, false), y)
    : apply(tf.layers.globalAveragePooling1d({ name: names.next('pool') }), y);
  return tf.model({ name: names.next('words'), inputs: input, outputs: apply(dense(draw), y) });
}

function dense(draw: Draw): tf.layers.Layer {
  const { random, names } = draw;
  return tf.layers.dense({
    name: names.next('dense'),
    units: random.integer(1, 5),
    useBias: random.chance(0.7),
    activation: random.pick(['linear', 'linear', 'relu', 'tanh', 'softmax']),
    ...rules(draw, 'kernel'),
  });
}

/** Vectors to vectors: dense layers with norms, shared ones, and models of them inside. */
export function vectorNetwork(draw: Draw): tf.LayersModel {
  const { random, names } = draw;
  const input = tf.input({ shape: [random.integer(2, 5)], name: names.next('x') });
  let y: Symbolic = input;
  const outputs: Symbolic[] = [];
  for (let count = random.integer(2, 5); count > 0; count--) {
    const kind = random.integer(0, 4);
    if (kind === 0) y = apply(batchNorm(draw, y), y);
    else if (kind === 1) {
      const shared = tf.layers.dense({ name: names.next('shared'), units: channelsOf(y) });
      y = apply(shared, apply(shared, y));
    } else if (kind === 2) {
      const inner = tf.input({ shape: [channelsOf(y)] });
      const model = tf.model({
        name: names.next('inner'),
        inputs: inner,
        outputs: apply(dense(draw), apply(dense(draw), inner)),
      });
      if (random.chance(0.3)) model.trainable = false;
      y = model.apply(y) as Symbolic;
    } else y = apply(dense(draw), y);
    if (random.chance(0.25)) outputs.push(y);
  }
  const last = apply(dense(draw), y);
  return tf.model({ name: names.next('vectors'), inputs: input, outputs: [...new Set([...outputs, last])] });
}
