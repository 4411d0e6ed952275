import { centreKernel, composeKernels, identityKernel, weightSpace } from '@overparam/core-reparam';
import { foldKey, type Key, uniformTensor } from '@overparam/engine';
import type { Expansion, ParameterSpec, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { OrepaOptions } from './options';
import { frequencyPrior } from './prior';

/** Depthwise filters for each input channel in the separable branch. */
const filters = 8;
/** The branches, in the order of the released code's vector. */
const branches = ['origin', 'average', 'prior', 'stacked', 'pointwise', 'separable'] as const;

/** Six branches of a kernel larger than 1x1, each times a scale for every output channel, squeezed into one kernel. */
export function spatial(site: Site, given: OrepaOptions): Expansion {
  const [kh, kw, cin, cout] = site.kernelShape;
  const branch = (name: string, shape: readonly number[], block: string): ParameterSpec => ({
    name,
    shape,
    role: 'branch',
    block,
  });
  return weightSpace(site, {
    parameters: [
      { name: 'origin', shape: site.kernelShape, role: 'core', continues: 'kernel' },
      branch('average', [1, 1, cin, cout], 'average'),
      branch('prior', [1, 1, cin, cout], 'prior'),
      branch('stacked_first', [1, 1, cin, cin], 'stacked'),
      branch('stacked_second', site.kernelShape, 'stacked'),
      branch('pointwise', [1, 1, cin, cout], 'pointwise'),
      branch('depthwise', [kh, kw, cin, filters], 'separable'),
      branch('mixing', [cin, filters, cout], 'separable'),
      ...branches.map((name): ParameterSpec => ({ name: `${name}_scale`, shape: [cout], role: 'scale' })),
    ],
    kernel: (parameters) => composed(site, parameters),
    initialise: (plain, key) => initialise(site, given, plain, key),
    decay: 'parameters',
  });
}

function composed({ kernelShape: [kh, kw, cin, cout] }: Site, parameters: Tensors): Tensor4D {
  const scaled = (name: (typeof branches)[number], part: tf.Tensor) => part.mul(parameters[`${name}_scale`]!);
  const kernel = (name: string) => parameters[name] as Tensor4D;
  const cosines = frequencyPrior([kh, kw], cout).reshape([kh, kw, 1, cout]);
  // The pair of a depthwise and a pointwise kernel: a sum over the filters of each input channel.
  const windows = kernel('depthwise')
    .reshape([kh * kw, cin, filters])
    .transpose([1, 0, 2]);
  const separable = tf.matMul(windows, parameters.mixing as tf.Tensor3D).transpose([1, 0, 2]);
  const stacked = composeKernels(kernel('stacked_first').add(identityKernel(cin)), kernel('stacked_second'));
  // What is the same at every tap, or at one only, is scaled before it is spread.
  const whole = tf.addN([
    scaled('origin', kernel('origin')),
    scaled('prior', kernel('prior')).mul(cosines),
    scaled('stacked', stacked),
    centreKernel(scaled('pointwise', kernel('pointwise')) as Tensor4D, [kh, kw]),
    scaled('separable', separable.reshape([kh, kw, cin, cout])),
  ]);
  return whole.add(scaled('average', kernel('average')).div(kh * kw)) as Tensor4D;
}

function initialise(site: Site, given: OrepaOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const [kh, kw, cin, cout] = site.kernelShape;
  // Kaiming uniform with a = 0: a bound of sqrt(6 / fan in).
  const draw = (name: string, shape: readonly number[], fanIn: number) => {
    const bound = Math.sqrt(6 / fanIn);
    return uniformTensor(foldKey(key, name), [...shape], -bound, bound);
  };
  const preserved = given.start === 'preserve';
  const scales = branches.map((name) => {
    const first = preserved ? (name === 'origin' ? 1 : 0) : given.scales[name];
    return [`${name}_scale`, tf.fill([cout], first)] as const;
  });
  return {
    origin: tf.clone(kernel),
    average: draw('average', [1, 1, cin, cout], cin),
    prior: draw('prior', [1, 1, cin, cout], cin),
    stacked_first: tf.zeros([1, 1, cin, cin]),
    stacked_second: draw('stacked_second', site.kernelShape, kh * kw * cin),
    pointwise: draw('pointwise', [1, 1, cin, cout], cin),
    depthwise: draw('depthwise', [kh, kw, cin, filters], kh * kw),
    mixing: draw('mixing', [cin, filters, cout], cin * filters),
    ...Object.fromEntries(scales),
  };
}
