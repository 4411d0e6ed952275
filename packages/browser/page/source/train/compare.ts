import { forward } from '@overparam/core-reparam';
import type { OpenDataset } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { shares } from '../shared/shares';
import type { Shown } from './messages';
import type { Example } from './pictures';
import { classes, pictureBytes, side } from './sample';

/** What networks say of all test pictures. */
export interface Comparison {
  /** Share of pictures that each network is right about. */
  readonly accuracies: readonly number[];
  /** Milliseconds for one picture, each network. */
  readonly milliseconds: readonly number[];
  /** Between the last two networks: max|difference| / max|value|. */
  readonly gap: number;
  /** Pictures that the last two give the same class. */
  readonly sameClass: number;
  readonly shown: readonly Shown[];
}

const shownEach = 2;

function likeliest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, index, all) => (value > all[best]! ? index : best), 0);
}

/** Runs networks on every test picture, and compares the last with the one before it. */
export async function compareNetworks(
  networks: readonly tf.LayersModel[],
  data: OpenDataset<Example>,
): Promise<Comparison> {
  const { size, example } = data.splits.test!;
  const examples = await Promise.all(Array.from({ length: size }, (_, index) => example(index)));
  const input = new Float32Array(size * pictureBytes);
  for (const [index, one] of examples.entries()) data.input(one, input, index * pictureBytes);
  const x = tf.tensor4d(input, [size, side, side, 3]);
  const answers: Float32Array[] = [];
  const milliseconds: number[] = [];
  for (const network of networks) {
    const started = performance.now();
    const output = tf.tidy(() => forward(network, x, { mode: 'infer' })[0]!);
    answers.push((await output.data()) as Float32Array);
    milliseconds.push((performance.now() - started) / size);
    output.dispose();
  }
  x.dispose();
  const row = (values: Float32Array, index: number) =>
    values.subarray(index * classes.length, (index + 1) * classes.length);
  const chosen = answers.map((values) => examples.map((_, index) => likeliest(row(values, index))));
  const [wide, small] = [answers.at(-2)!, answers.at(-1)!];
  const most = wide.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-12);
  const apart = wide.reduce((largest, value, index) => Math.max(largest, Math.abs(value - small[index]!)), 0);
  const each = size / classes.length;
  const places = classes.flatMap((_, label) =>
    Array.from({ length: shownEach }, (__, at) => label * each + at),
  );
  return {
    accuracies: chosen.map(
      (all) => all.filter((label, index) => label === examples[index]!.label).length / size,
    ),
    milliseconds,
    gap: apart / most,
    sameClass: chosen.at(-1)!.filter((label, index) => label === chosen.at(-2)![index]).length,
    shown: places.map((index) => ({
      image: examples[index]!.image.slice(),
      label: examples[index]!.label,
      wide: shares(row(wide, index)),
      small: shares(row(small, index)),
    })),
  };
}
