import { crossEntropy, maskedCosine, maskedError } from '@overparam/mtl-heads';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family, type Input, type Plain } from '../case';
import { Draw } from '../values';
import { seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly leading: readonly number[];
  readonly classes: number;
  /** Of labels that are missing. */
  readonly missing: number;
  readonly smoothing: number;
  /** Multiplies predictions. */
  readonly factor: number;
}

const small = fc.tuple(whole(1, 4), whole(1, 7), whole(1, 9));
/** As many pixels as a batch of real images has. */
const large = fc.tuple(whole(1, 4), fc.constant(96), fc.constant(144));
const common = {
  seed,
  leading: fc.oneof(
    { arbitrary: small, weight: 40 },
    { arbitrary: fc.tuple(whole(1, 40)), weight: 10 },
    { arbitrary: large, weight: 1 },
  ) as fc.Arbitrary<readonly number[]>,
  missing: fc.constantFrom(0, 0.3, 1),
  factor: fc.constantFrom(1, 10, 60),
};

const scalar = (value: number, scale = Math.abs(value)) => ({
  shape: [],
  values: Float64Array.of(value),
  scale,
});
const count = (values: Float64Array, counts: (value: number) => boolean) =>
  values.reduce((sum, value) => sum + Number(counts(value)), 0);

function times(input: Input, factor: number): Input {
  return { ...input, values: (input.values as Float32Array).map((value) => value * factor) };
}

/** Whole numbers below `end`, and -1 in the given share. */
function labels(draw: Draw, shape: readonly number[], end: number, missing: number): Input {
  const input = draw.integers(shape, 0, end);
  return {
    ...input,
    values: (input.values as Int32Array).map((value) => (draw.uniform() < missing ? -1 : value)),
  };
}

/** Mean cross-entropy of the labels that are there, and of all with tfjs's own. */
export const crossEntropies = family({
  name: 'crossEntropy',
  weight: 2,
  parameters: fc.record({ ...common, classes: whole(2, 14), smoothing: fc.constantFrom(0, 0.1) }),
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    return {
      inputs: [
        times(draw.input([...p.leading, p.classes]), p.factor),
        labels(draw, p.leading, p.classes, p.missing),
      ],
      run: ([logits, given]) => [crossEntropy(logits!, given!, p.smoothing)],
      expected: ([logits, given]) => {
        const valid = count(given!.values, (label) => label >= 0);
        let sum = 0;
        given!.values.forEach((label, row) => {
          if (label < 0) return;
          const own = logits!.values.slice(row * p.classes, (row + 1) * p.classes);
          const most = own.reduce((a, b) => Math.max(a, b));
          const log = most + Math.log(own.reduce((total, value) => total + Math.exp(value - most), 0));
          own.forEach((value, index) => {
            const share = (index === label ? 1 - p.smoothing : 0) + p.smoothing / p.classes;
            sum += share * (log - value);
          });
        });
        return [scalar(valid === 0 ? 0 : sum / valid, Math.max(1, p.factor))];
      },
      tolerance: 1e-6,
      gradientScale:
        1 /
        Math.max(
          1,
          p.leading.reduce((product, length) => product * length, 1),
        ),
    };
  },
});

/** Mean errors over the elements that count. */
export const maskedErrors = family({
  name: 'maskedError',
  weight: 1,
  parameters: fc.record({ ...common, absolute: fc.boolean() }),
  build: (p: Omit<Parameters, 'classes' | 'smoothing'> & { readonly absolute: boolean }) => {
    const draw = new Draw(p.seed);
    const shape = [...p.leading, 1];
    const mask: Input = {
      shape,
      values: draw
        .floats(draw.input(shape).values.length, 'positive')
        .map(() => Number(draw.uniform() >= p.missing)),
    };
    return {
      inputs: [times(draw.input(shape), p.factor), times(draw.input(shape, 'mixed', false), p.factor), mask],
      run: ([prediction, label, valid]) => [
        maskedError(prediction!, label!, valid!, p.absolute ? 'absolute' : 'squared'),
      ],
      expected: ([prediction, label, valid]) => {
        let sum = 0;
        valid!.values.forEach((weight, i) => {
          const difference = prediction!.values[i]! - label!.values[i]!;
          sum += weight * (p.absolute ? Math.abs(difference) : difference ** 2);
        });
        return [
          scalar(
            sum /
              Math.max(
                1,
                count(valid!.values, (weight) => weight > 0),
              ),
          ),
        ];
      },
      tolerance: 1e-6,
    };
  },
});

/** One minus the mean cosine of the normals that are known. */
export const maskedCosines = family({
  name: 'maskedCosine',
  weight: 1,
  parameters: fc.record(common),
  build: (p: Omit<Parameters, 'classes' | 'smoothing'>) => {
    const draw = new Draw(p.seed);
    const shape = [...p.leading, 3];
    const label = draw.input(shape, 'mixed', false);
    const known = Array.from({ length: label.values.length / 3 }, () => draw.uniform() >= p.missing);
    const values = (label.values as Float32Array).map((value, i) => (known[Math.floor(i / 3)] ? value : 0));
    return {
      inputs: [times(draw.input(shape), p.factor), { ...label, values }],
      run: ([prediction, given]) => [maskedCosine(prediction!, given!)],
      expected: ([prediction, given]: readonly Plain[]) => {
        let sum = 0;
        let valid = 0;
        for (let at = 0; at < given!.values.length; at += 3) {
          const [g, q] = [given!.values.slice(at, at + 3), prediction!.values.slice(at, at + 3)];
          if (g.every((value) => value === 0)) continue;
          valid++;
          const length = Math.sqrt(q[0]! ** 2 + q[1]! ** 2 + q[2]! ** 2);
          sum += 1 - (q[0]! * g[0]! + q[1]! * g[1]! + q[2]! * g[2]!) / length;
        }
        return [scalar(valid === 0 ? 0 : sum / valid, 1)];
      },
      tolerance: 1e-6,
    };
  },
});

/** tfjs's own loss on probabilities by class. */
export const stockCrossEntropy = family({
  name: 'losses.softmaxCrossEntropy',
  weight: 1,
  parameters: fc.record({ ...common, classes: whole(2, 14) }).filter(({ leading }) => leading.length === 1),
  build: (p: Omit<Parameters, 'smoothing'>) => {
    const draw = new Draw(p.seed);
    const chosen = labels(draw, p.leading, p.classes, 0);
    const shape = [...p.leading, p.classes];
    const hot = new Float32Array(chosen.values.length * p.classes);
    chosen.values.forEach((label, row) => {
      hot[row * p.classes + label] = 1;
    });
    return {
      inputs: [times(draw.input(shape), p.factor), { shape, values: hot }],
      run: ([logits, targets]) => [tf.losses.softmaxCrossEntropy(targets!, logits!)],
      expected: ([logits, targets]) => {
        let sum = 0;
        for (let row = 0; row < chosen.values.length; row++) {
          const own = logits!.values.slice(row * p.classes, (row + 1) * p.classes);
          const most = own.reduce((a, b) => Math.max(a, b));
          const log = most + Math.log(own.reduce((total, value) => total + Math.exp(value - most), 0));
          own.forEach((value, index) => {
            sum += targets!.values[row * p.classes + index]! * (log - value);
          });
        }
        return [scalar(sum / chosen.values.length, Math.max(1, p.factor))];
      },
      tolerance: 3e-6,
      gradientScale: 1 / chosen.values.length,
    };
  },
});
