import * as tf from '@tensorflow/tfjs';
import { backwardPasses } from './backward';
import { compile } from './compile';
import { keyFromSeed } from './keys';
import { type Precision, precisionProblem, precisions } from './precision';
import { normalTensor } from './random';

/** What one op took, in milliseconds: the median of its turns. */
export interface OpTiming {
  /** For a person: `gradient by its filter`. */
  readonly name: string;
  readonly float32: number;
  readonly bfloat16: number;
}

/** What a small training step took in milliseconds, and the ops that it stands on. */
export interface PrecisionTiming {
  readonly float32: number;
  readonly bfloat16: number;
  readonly ops: readonly OpTiming[];
  /** Ops so much slower in bfloat16 that the library has no fast kernel of them here and falls back to a plain one. */
  readonly withoutKernel: readonly OpTiming[];
}

/** As a layer in the middle of a ResNet for small images has them. */
const shape = { images: 16, side: 16, channels: 64 } as const;
const turns = 7;
/** Fast kernels are at worst a quarter slower in bfloat16, reference kernels many times. */
const reference = 2;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

type Images = { readonly image: tf.Tensor4D; readonly filter: tf.Tensor4D };
type Work = (given: Images) => tf.Tensor;

const convolved = ({ image, filter }: Images) => tf.conv2d(image, filter, 1, 'same');

/** Gradients of a sum over what a function gives. */
const gradients = (of: Work, by: readonly (keyof Images)[]): Work => {
  return (given) =>
    backwardPasses(
      () => {
        const [image, filter] = [tf.mul(given.image, 1), tf.mul(given.filter, 1)] as [
          tf.Tensor4D,
          tf.Tensor4D,
        ];
        return { image, filter, loss: tf.sum(of({ image, filter })) };
      },
      (parts, backward): tf.Tensor => {
        const found = backward(
          parts.loss,
          by.map((name) => parts[name]),
        );
        return tf.addN(found.map((gradient) => tf.sum(gradient!)));
      },
    );
};

const step: Work = gradients(
  ({ image, filter }) => convolved({ image: tf.relu(convolved({ image, filter })), filter }),
  ['image', 'filter'],
);

const ops: Readonly<Record<string, Work>> = {
  convolution: (given) => tf.sum(convolved(given)),
  'gradient by its image': gradients(convolved, ['image']),
  'gradient by its filter': gradients(convolved, ['filter']),
  'product of matrices': ({ image }) => {
    const rows = tf.reshape(image, [-1, shape.channels]) as tf.Tensor2D;
    return tf.sum(tf.matMul(rows, rows, true));
  },
};

/** Times work in both precisions, in turns. */
async function timeBoth(work: Work, inputs: Images): Promise<Readonly<Record<Precision, number>>> {
  const steps = precisions.map((precision) => ({
    precision,
    times: [] as number[],
    run: compile((given) => ({ result: work(given as unknown as Images) }), { precision }),
  }));
  try {
    for (let turn = 0; turn <= turns; turn++) {
      for (const { run, times } of steps) {
        const started = performance.now();
        const { result } = run({ ...inputs });
        await result!.data();
        result!.dispose();
        // The first one compiles.
        if (turn > 0) times.push(performance.now() - started);
      }
    }
  } finally {
    for (const { run } of steps) run.dispose();
  }
  return Object.fromEntries(steps.map(({ precision, times }) => [precision, median(times)])) as Record<
    Precision,
    number
  >;
}

/**
 * Times a 3x3 convolution with both of its gradients, and each of these ops by itself, in either precision, in turns on the
 * current backend; null where it has no bfloat16. Takes about a second.
 */
export async function timePrecisions(): Promise<PrecisionTiming | null> {
  if (precisionProblem('bfloat16') !== null) return null;
  const { images, side, channels } = shape;
  const inputs = {
    image: normalTensor(keyFromSeed(1), [images, side, side, channels], 0, 1) as tf.Tensor4D,
    filter: normalTensor(keyFromSeed(2), [3, 3, channels, channels], 0, 0.05) as tf.Tensor4D,
  };
  try {
    const whole = await timeBoth(step, inputs);
    const timings: OpTiming[] = [];
    for (const [name, work] of Object.entries(ops)) timings.push({ name, ...(await timeBoth(work, inputs)) });
    return { ...whole, ops: timings, withoutKernel: timings.filter(isReference) };
  } finally {
    tf.dispose(inputs);
  }
}

/** Whether an op fell to a kernel that is not made for the processor. */
export function isReference({ float32, bfloat16 }: OpTiming): boolean {
  return bfloat16 > reference * float32;
}
