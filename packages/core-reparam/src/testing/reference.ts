import { keyFromSeed } from '@overparam/engine';
import type { Method } from '@overparam/plugin';
import { type DefineTest, ensure, patient } from '@overparam/plugin/testing';
import type { LayersModel, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { gapBetween } from '../closeness';
import { collapse } from '../collapse';
import { expand } from '../expand';
import { forward } from '../forward';
import { parametersOf, statesOf } from '../network/parameters';
import { gradientMaps, observe } from '../observe';

/** A convolution of the recorded network, followed by a batch norm and a ReLU. */
export interface ReferenceLayer {
  readonly name: string;
  /** `[kh, kw]` */
  readonly size: readonly [number, number];
  readonly filters: number;
  readonly stride: number;
  readonly padding: readonly [number, number];
  /** Whether it is a depthwise convolution; `filters` is then a multiple of the channels that come in. */
  readonly depthwise?: boolean;
}

/**
 * What another implementation of a method did, as `reference/record.py` writes it: a network of convolutions in a row,
 * each with a norm and a ReLU, a mean over the image and a dense layer; all convolutions expanded.
 */
export interface Reference {
  readonly options: unknown;
  /** `[h, w, channels]` of an image. */
  readonly image: readonly [number, number, number];
  readonly layers: readonly ReferenceLayer[];
  readonly classes: number;
  /** Stochastic gradient descent with momentum; decay on all but norms and biases. */
  readonly training: { readonly rate: number; readonly momentum: number; readonly decay: number };
  /** Labels of each batch, used in turn. */
  readonly labels: readonly (readonly number[])[];
  /** The loss before each step. */
  readonly losses: readonly number[];
  /**
   * Little-endian float32 in base64: `initial/<name>`, `after/<name>` (what 20 steps made of it), `random/<name>` and
   * `deployed/<layer>/kernel|bias` (what the method's own conversion makes of the random values), `images`.
   */
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly base64: string }>>;
}

/**
 * Holds a method against a recorded run of another implementation: the losses of its steps and all parameters and
 * running statistics after them (1e-3 of the largest value, or of 0.1 where all are smaller), and the deployed kernels and
 * biases (1e-5).
 *
 * @example
 * testReference(myMethod, { test, reference: JSON.parse(readFileSync('reference.json', 'utf8')) });
 */
export function testReference(
  method: Method,
  kit: { readonly test: DefineTest; readonly reference: Reference },
): void {
  const { reference } = kit;
  const test = patient(kit.test);
  const label = `${method.name} ${JSON.stringify(reference.options)}`;
  test(`${label}: ${reference.losses.length} steps are those of the reference`, () =>
    withNetwork(method, reference, async (model) => {
      setAll(model, reference, 'initial');
      const losses = await train(model, reference);
      for (const [index, loss] of losses.entries()) {
        const wanted = reference.losses[index]!;
        ensure(
          Math.abs(loss - wanted) <= 1e-4 * Math.max(1, wanted),
          `loss ${loss} before step ${index + 1} (expected ${wanted})`,
        );
      }
      for (const [name, variable] of variablesOf(model)) {
        const gap = farthest(variable, reference, `after/${name}`);
        ensure(gap <= 1e-3, `after the steps "${name}" is off by ${gap.toExponential(1)} (at most 1e-3)`);
      }
    }));
  test(`${label}: collapse is the reference's own conversion`, () =>
    withNetwork(method, reference, (model) => {
      setAll(model, reference, 'random');
      const { model: deployed } = collapse(model);
      for (const { name } of reference.layers) {
        const weights = deployed.getLayer(name).getWeights();
        for (const [index, part] of ['kernel', 'bias'].entries()) {
          const wanted = tensorOf(reference, `deployed/${name}/${part}`);
          const own = weights[index]!.reshape(wanted.shape);
          const gap = gapBetween(own, wanted);
          tf.dispose([own, wanted]);
          ensure(gap <= 1e-5, `the ${part} of "${name}" is off by ${gap.toExponential(1)} (at most 1e-5)`);
        }
      }
      deployed.dispose();
    }));
}

async function withNetwork(
  method: Method,
  reference: Reference,
  use: (model: LayersModel) => void | Promise<void>,
): Promise<void> {
  const plain = networkOf(reference);
  const select = { any: reference.layers.map(({ name }) => name) };
  const model = expand(plain, { method, options: reference.options, select, key: keyFromSeed(1) });
  plain.dispose();
  await use(model);
  model.dispose();
}

function networkOf({ image, layers, classes }: Reference): LayersModel {
  const model = tf.sequential();
  let channels = image[2];
  for (const [index, { name, size, filters, stride, padding, depthwise = false }] of layers.entries()) {
    const around: [[number, number], [number, number]] = [
      [padding[0], padding[0]],
      [padding[1], padding[1]],
    ];
    const shape = index === 0 && { inputShape: [...image] };
    model.add(tf.layers.zeroPadding2d({ name: `${name}_padding`, padding: around, ...shape }));
    const common = { name, kernelSize: [...size] as [number, number], strides: stride, useBias: false };
    model.add(
      depthwise
        ? tf.layers.depthwiseConv2d({ ...common, depthMultiplier: filters / channels })
        : tf.layers.conv2d({ ...common, filters }),
    );
    channels = filters;
    model.add(tf.layers.batchNormalization({ name: `${name}_norm`, epsilon: 1e-5, momentum: 0.9 }));
    model.add(tf.layers.reLU({ name: `${name}_relu` }));
  }
  model.add(tf.layers.globalAveragePooling2d({ name: 'mean' }));
  model.add(tf.layers.dense({ name: 'head', units: classes }));
  return model;
}

function variablesOf(model: LayersModel): Map<string, Variable> {
  return new Map([...parametersOf(model), ...statesOf(model)].map(({ name, variable }) => [name, variable]));
}

/** Gives every variable its recorded value; that there are the same on both sides is part of the test. */
function setAll(model: LayersModel, reference: Reference, kind: 'initial' | 'random'): void {
  const variables = variablesOf(model);
  const prefix = `${kind}/`;
  const recorded = Object.keys(reference.tensors).filter((name) => name.startsWith(prefix));
  const unmatched = [
    ...recorded.map((name) => name.slice(prefix.length)).filter((name) => !variables.has(name)),
    ...[...variables.keys()].filter((name) => !recorded.includes(prefix + name)),
  ];
  ensure(unmatched.length === 0, `tensors on one side only: ${unmatched.join(', ')}`);
  for (const [name, variable] of variables)
    tf.tidy(() => variable.assign(tensorOf(reference, prefix + name)));
}

/** The recorded steps; expansions that look at activations do so as the record has it, a turn of its batches an epoch. */
async function train(model: LayersModel, reference: Reference): Promise<number[]> {
  const { rate, momentum, decay } = reference.training;
  const parameters = parametersOf(model);
  const velocities = parameters.map(({ variable }) => tf.zerosLike(variable as Tensor));
  const images = tensorOf(reference, 'images');
  const batches = tf.unstack(images);
  const losses: number[] = [];
  for (const step of reference.losses.keys()) {
    const batch = step % reference.labels.length;
    if (batch === 0) await observe(model, batches, { epoch: step / reference.labels.length });
    const loss = tf.tidy(() => {
      const x = batches[batch]!;
      const labels = tf.oneHot(tf.tensor1d([...reference.labels[batch]!], 'int32'), reference.classes);
      const { value, grads } = tf.variableGrads(
        () => crossEntropy(forward(model, x, { mode: 'train' })[0] as Tensor2D, labels as Tensor2D),
        parameters.map(({ variable }) => variable),
      );
      const maps = gradientMaps(model);
      for (const [index, { name, variable }] of parameters.entries()) {
        const decays = !/(gamma|beta|\/bias)$/.test(name);
        const map = maps.get(name);
        const own = map ? grads[variable.name]!.mul(map) : (grads[variable.name] as Tensor);
        const gradient = decays ? own.add(variable.mul(decay)) : own;
        const velocity = velocities[index]!.mul(momentum).add(gradient);
        velocities[index]!.dispose();
        velocities[index] = tf.keep(velocity);
        variable.assign(variable.sub(velocity.mul(rate)));
      }
      return value.dataSync()[0]!;
    });
    losses.push(loss);
  }
  tf.dispose([images, ...batches, ...velocities]);
  return losses;
}

/** The largest difference, against the largest value; a value below 0.1 counts as 0.1, since some stay at zero. */
function farthest(variable: Variable, reference: Reference, name: string): number {
  return tf.tidy(() => {
    const wanted = tensorOf(reference, name);
    const difference = variable.sub(wanted).abs().max();
    return difference.div(wanted.abs().max().maximum(0.1)).dataSync()[0]!;
  });
}

function crossEntropy(logits: Tensor2D, labels: Tensor2D): tf.Scalar {
  return tf.neg(tf.logSoftmax(logits).mul(labels).sum(1).mean()).asScalar();
}

function tensorOf({ tensors }: Reference, name: string): Tensor {
  const stored = tensors[name];
  ensure(stored !== undefined, `the reference has no tensor "${name}"`);
  const bytes = Uint8Array.from(atob(stored.base64), (letter) => letter.charCodeAt(0));
  return tf.tensor(new Float32Array(bytes.buffer), [...stored.shape]);
}
