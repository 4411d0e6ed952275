import { readFileSync } from 'node:fs';
import { gapBetween } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { parseOptions, type Site } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Factors, fnl, kernelOf, matrixOf, spectral } from '../src';

type Shape = [number, number, number, number];

/** Written by `fixtures/make-spectral.py`. */
interface Fixture {
  readonly spectral: readonly {
    readonly shape: Shape;
    readonly kernel: number[];
    readonly matrix: number[];
    readonly matrixShape: [number, number];
    readonly singularValues: number[];
    readonly truncatedRank: number;
    readonly truncated: number[];
  }[];
  readonly frobenius: readonly {
    readonly rows: number;
    readonly rank: number;
    readonly columns: number;
    readonly factors: { readonly u: number[]; readonly m: number[]; readonly v: number[] };
    readonly deep: {
      readonly penalty: number;
      readonly du: number[];
      readonly dm: number[];
      readonly dv: number[];
    };
    readonly wide: { readonly penalty: number; readonly du: number[]; readonly dv: number[] };
  }[];
}

const file = new URL('./fixtures/spectral.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

beforeAll(async () => {
  await useEngine('cpu');
});

/** Closeness to numbers of NumPy's, row-major. */
function gap(own: tf.Tensor, reference: readonly number[]): number {
  return tf.tidy(() => gapBetween(own, tf.tensor([...reference], own.shape)));
}

function siteOf(kernelShape: Shape): Site {
  return {
    name: 'layer',
    kind: 'conv2d',
    kernelShape,
    strides: [1, 1],
    dilation: [1, 1],
    padding: [
      [kernelShape[0] >> 1, kernelShape[0] >> 1],
      [kernelShape[1] >> 1, kernelShape[1] >> 1],
    ],
    bias: false,
    norm: null,
    tasks: [],
    activation: 'linear',
    bypassed: false,
    inputSizes: [[8, 8]],
  };
}

const expansionOf = (site: Site, given: object) =>
  fnl.expand(site, parseOptions(fnl.options, given, 'the test'));

describe.each(fixture.spectral)('a kernel of shape $shape', (entry) => {
  const { shape, kernel, matrix, matrixShape, singularValues } = entry;
  const rank = singularValues.length;
  const product = ({ u, v }: Factors) => tf.matMul(u, v);

  test('is the matrix that NumPy makes of it, and comes back from it', () => {
    tf.tidy(() => {
      const given = tf.tensor4d(kernel, shape);
      const own = matrixOf(given);
      expect(own.shape).toEqual(matrixShape);
      expect([...own.dataSync()]).toEqual(matrix.map(Math.fround));
      expect([...kernelOf(own, shape).dataSync()]).toEqual(kernel.map(Math.fround));
    });
  });

  test('has factors whose product it is, and which share its singular values evenly', () => {
    tf.tidy(() => {
      const factors = spectral(tf.tensor2d(matrix, matrixShape), rank);
      expect(gap(product(factors), matrix)).toBeLessThan(1e-6);
      const diagonal = [...tf.diag(tf.tensor1d(singularValues)).dataSync()];
      const { u, v } = factors;
      expect(gap(tf.matMul(u, u, true, false), diagonal)).toBeLessThan(1e-6);
      expect(gap(tf.matMul(v, v, false, true), diagonal)).toBeLessThan(1e-6);
    });
  });

  test('has a best approximation of lower rank in its first factors', () => {
    tf.tidy(() => {
      const factors = spectral(tf.tensor2d(matrix, matrixShape), entry.truncatedRank);
      expect(factors.u.shape).toEqual([matrixShape[0], entry.truncatedRank]);
      expect(gap(product(factors), entry.truncated)).toBeLessThan(1e-6);
    });
  });

  test('is what a deep layer of full rank and spectral start collapses to', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const given = { kernel: tf.tensor4d(kernel, shape), bias: null, norm: null };
      const site = siteOf(shape);
      const expansion = expansionOf(site, {
        form: 'deep',
        rank,
        initialisation: 'spectral',
        deploy: 'kernel',
      });
      const values = expansion.initialise(given, keyFromSeed(1));
      const [layer] = expansion.collapse(values, {});
      expect(gap(layer!.kernel, kernel)).toBeLessThan(1e-6);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('columns beyond the smaller side are zero and the product stays the matrix', () => {
  tf.tidy(() => {
    const { matrix, matrixShape, singularValues } = fixture.spectral[1]!;
    const alive = singularValues.length;
    const { u, v } = spectral(tf.tensor2d(matrix, matrixShape), alive + 5);
    expect(gap(tf.matMul(u, v), matrix)).toBeLessThan(1e-6);
    expect([...u.slice([0, alive], [-1, -1]).abs().max().dataSync()]).toEqual([0]);
    expect([...v.slice([alive, 0], [-1, -1]).abs().max().dataSync()]).toEqual([0]);
  });
});

describe.each(fixture.frobenius)('Frobenius decay at $rows x $columns, rank $rank', (entry) => {
  const { rows, rank, columns, factors } = entry;
  const site = siteOf([1, 1, columns, rows]);
  const shapes = { u: [rows, rank], m: [rank, rank], v: [rank, columns] };

  test.each(['deep', 'wide'] as const)(
    'of a %s layer has the penalty and the gradients of the closed form',
    (form) => {
      const expansion = expansionOf(site, { form, rank, initialisation: 'kaiming', decay: 'frobenius' });
      const names = form === 'deep' ? (['u', 'm', 'v'] as const) : (['u', 'v'] as const);
      expect([...expansion.decayCovers!].sort()).toEqual([...names].sort());
      tf.tidy(() => {
        const values = names.map((name) => tf.tensor(factors[name], shapes[name]));
        const penalty = (...given: tf.Tensor[]) =>
          expansion.decay!(Object.fromEntries(names.map((name, index) => [name, given[index]!])), {}).penalty;
        const { value, grads } = tf.valueAndGrads(penalty)(values);
        const expected: Readonly<Record<string, number | number[]>> = { ...entry[form] };
        expect(gap(value, [entry[form].penalty])).toBeLessThan(1e-5);
        for (const [index, name] of names.entries()) {
          expect(gap(grads[index]!, expected[`d${name}`] as number[])).toBeLessThan(1e-5);
        }
      });
    },
  );
});
