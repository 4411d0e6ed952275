import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { Fitting } from '../fit';
import { doublesOf, type SourceTensor } from '../tensors';

/** Sets a layer's weights by their short names: `kernel`, `bias`, `gamma` and so on; borrows the numbers. */
export function setWeights(
  layer: tf.layers.Layer,
  numbers: Readonly<Record<string, ArrayLike<number>>>,
): void {
  for (const weight of layer.weights) {
    const short = weight.originalName.split('/').at(-1)!;
    const given = numbers[short];
    const count = (weight.shape as number[]).reduce((product, size) => product * size, 1);
    if (given?.length !== count) {
      throw new OverparamError(
        'shapes-mismatch',
        `Layer "${layer.name}": its ${short} has ${count} numbers, and ${given?.length ?? 'none'} came. Report this: it is a mistake of this package.`,
      );
    }
    const value = tf.tensor(Float32Array.from(given), weight.shape as number[], 'float32');
    weight.write(value);
    value.dispose();
  }
}

/**
 * A kernel in TensorFlow's layout `[kh, kw, cin, cout]` from PyTorch's `[cout, cin / groups, kh, kw]`; the kernel of groups
 * has zeros for the channels of the others.
 */
export function hwio({ shape, data }: SourceTensor, groups = 1): Float32Array {
  const [cout, perGroup, kh, kw] = shape as [number, number, number, number];
  const numbers = data as Float32Array;
  const cin = perGroup * groups;
  const result = new Float32Array(kh * kw * cin * cout);
  for (let o = 0; o < cout; o++) {
    const start = Math.floor(o / (cout / groups)) * perGroup;
    for (let i = 0; i < perGroup; i++) {
      for (let tap = 0; tap < kh * kw; tap++) {
        result[(tap * cin + start + i) * cout + o] = numbers[(o * perGroup + i) * kh * kw + tap]!;
      }
    }
  }
  return result;
}

/** A depthwise kernel `[kh, kw, channels, 1]` from PyTorch's `[channels, 1, kh, kw]`. */
export function depthwise({ shape, data }: SourceTensor): Float32Array {
  const [channels, , kh, kw] = shape as [number, number, number, number];
  const result = new Float32Array(channels * kh * kw);
  for (let c = 0; c < channels; c++) {
    for (let tap = 0; tap < kh * kw; tap++)
      result[tap * channels + c] = (data as Float32Array)[c * kh * kw + tap]!;
  }
  return result;
}

/** The transpose of a matrix `[rows, columns]`: a dense layer's kernel `[cin, cout]` from PyTorch's weight. */
export function transposed({ shape, data }: SourceTensor): Float32Array {
  const [rows, columns] = shape as [number, number];
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = (data as Float32Array)[row * columns + column]!;
    }
  }
  return result;
}

/** The names that a convolution has in a unit of published codes, behind the unit's own. */
const forms = ['.conv', '.rbr_reparam', '.reparam_conv', '.dbb_reparam', ''];

/**
 * Loads a convolution without bias and its norm from a unit, which may be a collapsed block with a bias and no norm: then
 * the norm only adds that bias.
 *
 * @param unit    the unit's name; its convolution is `unit.conv`, a collapsed block's, or `unit` itself
 * @param norm    the norm's name where it is not `unit.bn`
 */
export function loadUnit(
  fitting: Fitting,
  layers: { readonly conv: tf.layers.Layer; readonly norm: tf.layers.Layer },
  names: { readonly unit: string; readonly norm: string },
  epsilon: number,
): void {
  const [kh, kw, cin, cout] = layers.conv.weights[0]!.shape as [number, number, number, number];
  const form = forms.find((end) => fitting.has(`${names.unit}${end}.weight`)) ?? formExpected(fitting, names);
  const name = `${names.unit}${form}`;
  setWeights(layers.conv, { kernel: hwio(fitting.take(`${name}.weight`, [cout, cin, kh, kw])) });
  const bias = fitting.optional(`${name}.bias`, [cout]);
  const shift = bias ? doublesOf(bias) : new Float64Array(cout);
  const behind = fitting.has(`${names.unit}.bn.weight`) ? `${names.unit}.bn` : names.norm;
  if (bias && !fitting.has(`${behind}.weight`)) {
    const ones = new Float64Array(cout).fill(1);
    setWeights(layers.norm, {
      gamma: ones.map(() => Math.sqrt(1 + epsilon)),
      beta: shift,
      moving_mean: new Float64Array(cout),
      moving_variance: ones,
    });
    return;
  }
  const part = (key: string) => doublesOf(fitting.take(`${behind}.${key}`, [cout]));
  setWeights(layers.norm, {
    gamma: part('weight'),
    beta: part('bias'),
    // The convolution's bias is taken off the mean, as the layer here has none.
    moving_mean: part('running_mean').map((mean, index) => mean - shift[index]!),
    moving_variance: part('running_var'),
  });
}

/** Where nothing is found, the form that the rest of the file has is asked for, so that the error names it. */
function formExpected(fitting: Fitting, { norm }: { readonly norm: string }): string {
  return fitting.has(`${norm}.weight`)
    ? ''
    : [...fitting.state.keys()].some((key) => key.endsWith('.conv.weight'))
      ? '.conv'
      : '';
}

/** Loads a dense layer with bias. */
export function loadDense(fitting: Fitting, layer: tf.layers.Layer, name: string): void {
  const [cin, cout] = layer.weights[0]!.shape as [number, number];
  setWeights(layer, {
    kernel: transposed(fitting.take(`${name}.weight`, [cout, cin])),
    bias: doublesOf(fitting.take(`${name}.bias`, [cout])),
  });
}
