import { readFileSync } from 'node:fs';
import { plugin } from '@overparam/backbones';
import { expand, type Parameter, parametersOf, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { classification, depth, normals, segmentation } from '@overparam/mtl-heads';
import { parseOptions, type Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { denseBatch } from './follow-dense';
import { followSteps } from './follow-steps';
import { noise } from './noise';

const losses = z.array(z.array(z.number()));
const schema = z.object({
  steps: z.int(),
  classes: z.int(),
  tasks: z.object({ segmentation: z.int(), depth: z.int(), normals: z.int() }),
  optimisers: z.object({
    sgd: z.object({ lr: z.number(), momentum: z.number() }),
    adam: z.object({ lr: z.number() }),
  }),
  runs: z.array(
    z.object({
      network: z.string(),
      backbone: z.string(),
      options: z.record(z.string(), z.unknown()),
      size: z.tuple([z.int(), z.int()]),
      batch: z.int(),
      seed: z.int(),
      optimiser: z.enum(['sgd', 'adam']),
      float32: losses,
      float64: losses,
    }),
  ),
});

/** What `make-backbone-fixtures.py` wrote. */
export const backboneFixture = schema.parse(
  JSON.parse(readFileSync(new URL('./fixtures/backbones.json', import.meta.url), 'utf8')),
);
/** Ten steps that PyTorch made: its losses before each, in both precisions. */
export type BackboneRun = (typeof backboneFixture.runs)[number];

const { classes, optimisers, steps, tasks: outputs } = backboneFixture;

/** The offset and scale of a weight, as the script draws it. */
function drawOf(name: string, shapes: ReadonlyMap<string, readonly number[]>): readonly [number, number] {
  const [layer, short] = name.split('/') as [string, string];
  const kernel = shapes.get(`${layer}/kernel`) ?? [];
  const [kh = 1, kw = 1, cin = 1] = kernel;
  const draws: Record<string, readonly [number, number]> = {
    kernel: [0, Math.sqrt(6 / (kernel.length === 2 ? kh : kh * kw * cin))],
    depthwise_kernel: [0, Math.sqrt(6 / 9)],
    // Biases of 1x1 convolutions are about 1; an expansion has a dense layer's kernel with four axes, too.
    bias: [/_conv\d$/.test(layer) && kh === 1 ? 1 : 0, 0.1],
    gamma: [0.7, 0.2],
    beta: [1.4, 0.2],
    vector: [0, 0.4],
    factors: [0.4, 0.3],
  };
  return draws[short]!;
}

function assign(seed: number, parameters: readonly Parameter[]): void {
  const shapes = new Map(parameters.map(({ name, variable }) => [name, variable.shape]));
  for (const { name, variable } of parameters) {
    const [offset, scale] = drawOf(name, shapes);
    const values = noise(seed, name, variable.size);
    tf.tidy(() =>
      variable.assign(
        tf.tensor(
          Float32Array.from(values, (value) => offset + scale * value),
          variable.shape,
        ),
      ),
    );
  }
}

/** A network of one answer an image, or of three at every pixel. */
const isDense = ({ float64 }: BackboneRun) => float64[0]!.length === 3;

function tasksOf(run: BackboneRun): Task[] {
  if (!isDense(run)) return [classification({ name: 'class', classes })];
  const { size } = run;
  return [
    segmentation({ name: 'segmentation', classes: outputs.segmentation, size }),
    depth({ name: 'depth', size }),
    normals({ name: 'normals', size }),
  ];
}

function batchOf(run: BackboneRun, step: number): Record<string, tf.Tensor> {
  const { batch, size } = run;
  if (isDense(run)) return denseBatch(step, size, batch);
  const shape = [batch, ...size, 3];
  const draw = (name: string, count: number) => noise(step, name, count).map((value) => value * 0.5 + 0.5);
  return {
    x: tf.tensor(Float32Array.from(draw('image', tf.util.sizeFromShape(shape))), shape),
    'label/class': tf.tensor1d(
      [...draw('classes', batch)].map((value) => Math.floor(value * classes)),
      'int32',
    ),
  };
}

/** Repeats one of PyTorch's runs on the present backend, with the step that a phase compiles: the losses before each. */
export function followBackbone(run: BackboneRun): number[][] {
  const tasks = tasksOf(run);
  const backbone = plugin.backbones!.find(({ name }) => name === run.backbone)!;
  const key = keyFromSeed(run.seed);
  const base = backbone.build(
    { inputShape: [...run.size, 3], tasks, key },
    parseOptions(backbone.options, run.options),
  );
  const model = expand(base.model, { method: plain, key });
  base.model.dispose();
  assign(run.seed, parametersOf(model));
  const { momentum } = optimisers.sgd;
  const optimiser = { name: run.optimiser, lr: optimisers[run.optimiser].lr, momentum };
  return followSteps(model, tasks, optimiser, steps, (index) => batchOf(run, index));
}
