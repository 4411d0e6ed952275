import { weightSpace } from '@overparam/core-reparam';
import { convolution, type Key } from '@overparam/engine';
import type { Expansion, Method, ParameterSpec, PlainWeights, Site, Tensors } from '@overparam/plugin';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { factorGeometry, factorKernels } from './factors';
import { kaiming, spectral } from './initialise';
import { kernelOf, matrixOf } from './matricise';
import { type FnlOptions, options } from './options';

/**
 * Factorised neural layers: a kernel is U M V (deep) or U V (wide) of its matricisation, composed once a
 * pass, with Frobenius decay on the product.
 */
export const fnl: Method<FnlOptions> = {
  apiVersion: 1,
  name: 'fnl',
  summary: 'Factorised layers, wide or deep, with spectral initialisation and Frobenius decay.',
  source: {
    title:
      'Khodak, Tenenholtz, Mackey, Fusi: Initialization and Regularization of Factorized Neural Layers (ICLR 2021)',
    url: 'https://arxiv.org/abs/2105.01029',
  },
  options,
  controls: {
    weightDecay: {
      summary: 'ordinary weight decay on each factor in place of Frobenius decay',
      options: { decay: 'parameters' },
    },
  },
  kinds: ['conv2d', 'dense', 'conv1d', 'depthwise'],
  supports(site, given) {
    if (site.kind === 'depthwise')
      return 'a depthwise convolution is not supported: each channel has one small kernel, which leaves nothing to factorise';
    const rank = rankOf(site, given);
    const full = fullRank(site);
    if (given.start === 'preserve' && rank < full) {
      return `rank ${rank} cannot preserve a kernel of rank ${full} (expected at least ${full}); raise rank or use start: fresh`;
    }
    return true;
  },
  expand: (site, given) => (usesFactors(site, given) ? inFactors(site, given) : inWeights(site, given)),
};

/** Rows and columns of the matrix that is factorised. */
function sides({ kernelShape: [kh, kw, cin, cout] }: Site): [number, number] {
  return [cout * kh, cin * kw];
}

function fullRank(site: Site): number {
  return Math.min(...sides(site));
}

function rankOf(site: Site, { rank, rankScale }: FnlOptions): number {
  const basis = site.kind === 'dense' ? fullRank(site) : sides(site)[0];
  return rank ?? Math.max(1, Math.round(rankScale * basis));
}

/** Low rank is kept in two thin convolutions where that is smaller than the kernel. */
function usesFactors(site: Site, given: FnlOptions): boolean {
  if (given.deploy !== 'auto') return given.deploy === 'factors';
  const [rows, columns] = sides(site);
  const rank = rankOf(site, given);
  return rank < fullRank(site) && rank * (rows + columns) < rows * columns;
}

function parametersOf(site: Site, given: FnlOptions): ParameterSpec[] {
  const [rows, columns] = sides(site);
  const rank = rankOf(site, given);
  const u: ParameterSpec = { name: 'u', shape: [rows, rank], role: 'frame', block: 'U' };
  const v: ParameterSpec = { name: 'v', shape: [rank, columns], role: 'frame', block: 'V' };
  // Two factors have no core between them; V is taken for it, so that routines can alternate the two.
  if (given.form === 'wide') return [u, { name: 'v', shape: v.shape, role: 'core' }];
  return [u, { name: 'm', shape: [rank, rank], role: 'core' }, v];
}

function initialise(site: Site, given: FnlOptions, { kernel }: PlainWeights, key: Key): Tensors {
  const rank = rankOf(site, given);
  const matrix = tf.tidy(() => matrixOf(kernel));
  const factors =
    given.initialisation === 'spectral' ? spectral(matrix, rank) : kaiming(sides(site), rank, key);
  matrix.dispose();
  return given.form === 'deep' ? { ...factors, m: tf.eye(rank) } : { ...factors };
}

/** The left factor, and the rest of the product. */
function halves({ u, m, v }: Tensors): { left: Tensor2D; right: Tensor2D } {
  return { left: u as Tensor2D, right: (m ? tf.matMul(m as Tensor2D, v as Tensor2D) : v) as Tensor2D };
}

function composed(site: Site, parameters: Tensors): Tensor4D {
  const { left, right } = halves(parameters);
  return kernelOf(tf.matMul(left, right), site.kernelShape);
}

function warningsOf(site: Site, given: FnlOptions): string[] {
  const dead = rankOf(site, given) - fullRank(site);
  if (given.initialisation !== 'spectral' || dead <= 0) return [];
  return [
    `${dead} of the ${rankOf(site, given)} columns of U are dead: spectral initialisation leaves all beyond ` +
      `${fullRank(site)} at zero, where no gradient reaches them. Use initialisation: kaiming for wide layers.`,
  ];
}

function inWeights(site: Site, given: FnlOptions): Expansion {
  return weightSpace(site, {
    parameters: parametersOf(site, given),
    kernel: (parameters) => composed(site, parameters),
    initialise: (plain, key) => initialise(site, given, plain, key),
    decay: given.decay === 'frobenius' ? 'kernel' : 'parameters',
    warnings: warningsOf(site, given),
  });
}

/** The same factors run as two thin convolutions, in training and deployed. */
function inFactors(site: Site, given: FnlOptions): Expansion {
  const [row, column] = factorGeometry(site);
  const kernels = (parameters: Tensors) => {
    const { left, right } = halves(parameters);
    return factorKernels(site, left, right);
  };
  return {
    ...inWeights(site, given),
    forward(x, parameters) {
      const [first, second] = kernels(parameters);
      const y = convolution(convolution(x, first, row), second, column);
      return { y: site.bias ? y.add(parameters.bias!) : y, state: {} };
    },
    collapse(parameters) {
      const [first, second] = tf.tidy(() => kernels(parameters) as [Tensor4D, Tensor4D]);
      const bias = site.bias ? (tf.clone(parameters.bias!) as Tensor1D) : null;
      return [
        { ...row, kernel: first, bias: null },
        { ...column, kernel: second, bias },
      ];
    },
  };
}
