import * as tf from '@tensorflow/tfjs';
import { apply, batchNorm, channelsOf, convolution, type Draw, imageLayers } from './image-layers';

type Symbolic = tf.SymbolicTensor;

const sizeOf = (x: Symbolic) => x.shape.slice(1, 3).join('x');

/** The sum of a tensor and of a convolution of it. */
function residual(draw: Draw, x: Symbolic): Symbolic {
  const { names, random } = draw;
  const more = { filters: channelsOf(x), strides: 1, dilationRate: 1, padding: 'same' };
  let y = apply(convolution(draw, x, more), x);
  if (random.chance(0.5)) y = apply(batchNorm(draw, y), y);
  return apply(tf.layers.add({ name: names.next('add') }), random.chance(0.5) ? [x, y] : [y, x]);
}

/** One convolution used twice, with one norm or two behind it. */
function sharedConvolution(draw: Draw, x: Symbolic): Symbolic {
  const { random } = draw;
  const strided = random.chance(0.3) && x.shape.slice(1, 3).every((side) => side === null || side >= 8);
  const more = {
    filters: channelsOf(x),
    padding: 'same',
    strides: strided ? 2 : 1,
    dilationRate: 1,
    kernelSize: 3,
  };
  const conv = convolution(draw, x, more);
  const once = apply(conv, x);
  if (!random.chance(0.5)) return apply(conv, once);
  const norm = batchNorm(draw, once);
  const normed = apply(norm, once);
  const twice = apply(conv, normed);
  return apply(random.chance(0.7) ? norm : batchNorm(draw, twice), twice);
}

/** A convolution that was first used in another network, on another size. */
function usedBefore(draw: Draw, x: Symbolic): Symbolic {
  const { random } = draw;
  const old = tf.input({ shape: [9, 11, channelsOf(x)] });
  const conv = convolution(draw, x);
  const before = apply(conv, old);
  if (random.chance(0.5)) apply(batchNorm(draw, before), before);
  return apply(conv, x);
}

/** A model of its own, used as a layer once or twice. */
function nested(draw: Draw, x: Symbolic, depth: number): Symbolic[] {
  const { random } = draw;
  const open = random.chance(0.3);
  // A model may have been made for another size than the one that it is used on.
  const sides = random.chance(0.3) ? [10, 9] : (x.shape.slice(1, 3) as number[]);
  const shape = [...(open ? [null, null] : sides), channelsOf(x)];
  const model = random.chance(0.4)
    ? sequentialImages(draw, shape as number[], depth + 1)
    : functionalImages(draw, [shape as number[]], depth + 1, random.chance(0.25) ? 2 : 1);
  if (random.chance(0.3)) model.trainable = false;
  const first = [model.apply(x)].flat() as Symbolic[];
  const again = first.find((y) => channelsOf(y) === channelsOf(x) && (open || sizeOf(y) === sizeOf(x)));
  if (again && again.shape.length === 4 && random.chance(0.4))
    return [...first, ...([model.apply(again)].flat() as Symbolic[])];
  return first;
}

/** Images to images, layers in a row. */
export function sequentialImages(draw: Draw, shape: readonly number[], depth: number): tf.LayersModel {
  const { random, names } = draw;
  // The chain is drawn on tensors of its own, as only these know which layers fit; then it is taken over.
  const front = depth < 2 && random.chance(0.25) ? functionalImages(draw, [shape], depth + 1, 1) : null;
  if (front && random.chance(0.4)) front.trainable = false;
  const input = tf.input({ shape: [...shape], name: names.next('x') });
  let y = front ? (front.apply(input) as Symbolic) : input;
  for (let count = random.integer(1, 3); count > 0; count--) y = imageLayers(draw, y);
  const chain = chainOf(y).slice(front ? 1 : 0);
  const config = (layer: tf.layers.Layer, first: boolean) => {
    const kind = layer.constructor as unknown as tf.serialization.SerializableConstructor<tf.layers.Layer>;
    const given = { ...layer.getConfig(), ...(first && { batchInputShape: [null, ...shape] }) };
    // tfjs writes a depthwise kernel's regulariser here.
    delete (given as { depthwiseConstraint?: unknown }).depthwiseConstraint;
    return kind.fromConfig(kind, given as tf.serialization.ConfigDict);
  };
  const model = tf.sequential({ name: names.next('seq') });
  if (front) model.add(front);
  else if (random.chance(0.3)) model.add(tf.layers.inputLayer({ inputShape: [...shape] as number[] }));
  for (const layer of chain) model.add(config(layer, model.layers.length === 0));
  return model;
}

function chainOf(y: Symbolic): tf.layers.Layer[] {
  const layers: tf.layers.Layer[] = [];
  for (let tensor = y; tensor.sourceLayer.getClassName() !== 'InputLayer'; ) {
    layers.unshift(tensor.sourceLayer);
    tensor = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors[0]!;
  }
  return layers;
}

/** Images to images, with branches, shared layers and models inside. */
export function functionalImages(
  draw: Draw,
  shapes: readonly (readonly number[])[],
  depth: number,
  outputs: number,
): tf.LayersModel {
  const { names } = draw;
  const inputs = shapes.map((shape) => tf.input({ shape: [...shape], name: names.next('x') }));
  const tensors = imageGraph(draw, inputs, depth);
  const last = tensors.slice(-outputs);
  return tf.model({ name: names.next('model'), inputs, outputs: last });
}

/** Tensors made of inputs; all inputs go into the last one. */
export function imageGraph(draw: Draw, inputs: readonly Symbolic[], depth: number): Symbolic[] {
  const { random, names } = draw;
  const tensors = [...inputs];
  for (let count = random.integer(2, depth > 0 ? 3 : 6); count > 0; count--) {
    const x = random.chance(0.7) ? tensors.at(-1)! : random.pick(tensors);
    const kind = random.next();
    const small = x.shape.slice(1, 3).some((side) => side !== null && side < 3);
    if (kind < 0.12 && !small) tensors.push(residual(draw, x));
    else if (kind < 0.24 && !small) tensors.push(sharedConvolution(draw, x));
    else if (kind < 0.34) tensors.push(usedBefore(draw, x));
    else if (kind < 0.5 && depth < 2 && !small) tensors.push(...nested(draw, x, depth));
    else if (kind < 0.58) {
      const others = tensors.filter(
        (y) => y !== x && sizeOf(y) === sizeOf(x) && !x.shape.slice(1, 3).includes(null),
      );
      if (others.length > 0)
        tensors.push(apply(tf.layers.concatenate({ name: names.next('concat') }), [x, random.pick(others)]));
    } else tensors.push(imageLayers(draw, x));
  }
  if (inputs.length > 1 || tensors.length === inputs.length) {
    const pooled = tensors.filter((_y, index) => index < inputs.length || index === tensors.length - 1);
    const wide = pooled.map((y) =>
      apply(convolution(draw, y, { filters: 2, kernelSize: 1, strides: 1, dilationRate: 1 }), y),
    );
    const flat = wide.map((y) => apply(tf.layers.globalAveragePooling2d({ name: names.next('pool') }), y));
    if (flat.length === 1) return [...tensors, wide[0]!];
    return [...tensors, apply(tf.layers.add({ name: names.next('sum') }), flat)];
  }
  return tensors;
}
