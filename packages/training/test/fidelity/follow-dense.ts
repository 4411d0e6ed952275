import { readFileSync } from 'node:fs';
import { dilatedResnet50, segnet } from '@overparam/backbones';
import { expand, parametersOf, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { depth, normals, segmentation } from '@overparam/mtl-heads';
import { parseOptions, type Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { followSteps } from './follow-steps';
import { noise } from './noise';

const size = z.tuple([z.int(), z.int()]);
const losses = z.array(z.tuple([z.number(), z.number(), z.number()]));
const schema = z.object({
  steps: z.int(),
  batch: z.int(),
  width: z.int(),
  rates: z.array(z.int()),
  tasks: z.object({ segmentation: z.int(), depth: z.int(), normals: z.int() }),
  optimisers: z.object({
    sgd: z.object({ lr: z.number(), momentum: z.number() }),
    adam: z.object({ lr: z.number() }),
  }),
  sizes: z.object({ segnet: size, 'resnet50-dilated': size }),
  runs: z.array(
    z.object({
      network: z.enum(['segnet', 'resnet50-dilated']),
      seed: z.int(),
      optimiser: z.enum(['sgd', 'adam']),
      float32: losses,
      float64: losses,
    }),
  ),
});

/** What `make-dense-fixtures.py` wrote. */
export const denseFixture = schema.parse(
  JSON.parse(readFileSync(new URL('./fixtures/dense.json', import.meta.url), 'utf8')),
);
/** Ten steps that PyTorch made: its three losses before each, in both precisions. */
export type DenseRun = (typeof denseFixture.runs)[number];

const { batch, optimisers, rates, sizes, steps, tasks: outputs, width } = denseFixture;

/** First values of a weight by its name, as the script draws them. */
function weight(seed: number, name: string, shape: number[]): tf.Tensor {
  const [kh = 1, kw = 1, cin = 1] = shape;
  // Only the heads' last layers have a 1x1 kernel and a bias; theirs is about 1.
  const last = /_(out|conv2)\/bias$/.test(name) && !/^(en|de)coder/.test(name);
  const draws: Record<string, readonly [number, number]> = {
    kernel: [0, Math.sqrt(6 / (kh * kw * cin))],
    bias: [last ? 1 : 0, 0.1],
    gamma: [0.7, 0.2],
    beta: [1.4, 0.2],
  };
  const [offset, scale] = draws[name.split('/').at(-1)!]!;
  const values = noise(seed, name, tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(values, (value) => offset + scale * value),
    shape,
  );
}

/** The network of a run, expanded by `plain` as a step takes it; the caller disposes. */
function prepare({ network, seed }: DenseRun, tasks: readonly Task[]): tf.LayersModel {
  const [height, columns] = sizes[network];
  const shape = {
    inputShape: [height, columns, 3],
    tasks,
    key: keyFromSeed(seed),
  } as const;
  const narrow = { width: width / 64 };
  const { model: base } =
    network === 'segnet'
      ? segnet.build(shape, parseOptions(segnet.options, narrow))
      : dilatedResnet50.build(shape, parseOptions(dilatedResnet50.options, { ...narrow, rates, dropout: 0 }));
  const model = expand(base, { method: plain, key: keyFromSeed(seed) });
  base.dispose();
  for (const { name, variable } of parametersOf(model)) {
    tf.tidy(() => variable.assign(weight(seed, name, variable.shape)));
  }
  return model;
}

/** Images in [0, 1), and labels of which about a fifth is unknown. */
export function denseBatch(step: number, [height, columns]: readonly [number, number], examples: number) {
  const shape = [examples, height, columns];
  const pixels = examples * height * columns;
  const draw = (name: string, count = pixels) => noise(step, name, count).map((value) => value * 0.5 + 0.5);
  const classes = draw('classes').map((value) => Math.floor(value * 6) - 1);
  const known = draw('known depth');
  const depths = draw('depth').map((value, index) => (known[index]! < 0.2 ? 0 : 0.5 + 3 * value));
  const vectors = noise(step, 'normals', 3 * pixels);
  draw('known normals').forEach((value, pixel) => {
    const [x, y, z] = vectors.subarray(3 * pixel, 3 * pixel + 3) as unknown as [number, number, number];
    const length = Math.sqrt(x * x + y * y + z * z);
    vectors.set(value < 0.2 ? [0, 0, 0] : [x / length, y / length, z / length], 3 * pixel);
  });
  return {
    x: tf.tensor(Float32Array.from(draw('image', 3 * pixels)), [...shape, 3]),
    'label/segmentation': tf.tensor(Int32Array.from(classes), shape, 'int32'),
    'label/depth': tf.tensor(Float32Array.from(depths), [...shape, 1]),
    'label/normals': tf.tensor(Float32Array.from(vectors), [...shape, 3]),
  };
}

/** Repeats one of PyTorch's runs on the present backend, with the step that a phase compiles: the three losses before
 * each. */
export function followDense(run: DenseRun): number[][] {
  const imageSize = sizes[run.network];
  const tasks = [
    segmentation({ name: 'segmentation', classes: outputs.segmentation, size: imageSize }),
    depth({ name: 'depth', size: imageSize }),
    normals({ name: 'normals', size: imageSize }),
  ];
  const model = prepare(run, tasks);
  const { momentum } = optimisers.sgd;
  const optimiser = { name: run.optimiser, lr: optimisers[run.optimiser].lr, momentum };
  return followSteps(model, tasks, optimiser, steps, (index) => denseBatch(index, imageSize, batch));
}
