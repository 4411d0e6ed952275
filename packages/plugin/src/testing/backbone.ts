import { keyFromSeed, normalTensor } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Backbone, Network, NetworkShape, NetworkTask } from '../contracts';
import { parseOptions } from '../options';
import { checkHeads, checkRefusals, tasksWithHeads } from './backbone-heads';
import { testPart } from './part';
import { type DefineTest, ensure, patient } from './runner';

/** What {@link testBackbone} is told. */
export interface BackboneKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
  /** `[h, w, channels]`; 32x32x3 where left out. */
  readonly inputShape?: readonly [number, number, number];
  /** What it is built for, with heads of its own where they bring none; two tasks with classes where left out. */
  readonly tasks?: readonly NetworkTask[];
}

const classes: readonly NetworkTask[] = [
  { name: 'first', form: 'class', outputs: 10 },
  { name: 'second', form: 'class', outputs: 3 },
];

/**
 * The conformance kit of the contract `Backbone`: an output for each task, of its form, weights that follow from the key
 * and from nothing else, owners and representations that exist and part shared layers from own, no tensor left over; heads of every form can be handed
 * in, and one that does not fit is refused.
 */
export function testBackbone(backbone: Backbone, kit: BackboneKit): void {
  const test = patient(kit.test);
  const { options = [{}], inputShape = [32, 32, 3], tasks = classes } = kit;
  testPart(test, 'backbone', backbone);
  for (const given of options) {
    const build = (shape: NetworkShape) =>
      backbone.build(shape, parseOptions(backbone.options, given, backbone.name));
    const checkAll = (chosen: readonly NetworkTask[], more?: (network: Network) => void) => {
      const before = tf.memory().numTensors;
      const networks = [1, 1, 2].map((seed) => build({ inputShape, tasks: chosen, key: keyFromSeed(seed) }));
      checkNetworks(networks, chosen, inputShape);
      more?.(networks[0]!);
      for (const { model } of networks) model.dispose();
      const left = tf.memory().numTensors - before;
      ensure(left === 0, `${left} tensors are left over`);
    };
    const name = `${backbone.name} ${JSON.stringify(given)}`;
    const forms = [...new Set(tasks.map(({ form }) => form))].join(' and ');
    test(`${name}: builds networks for tasks of form ${forms} by key`, () => checkAll(tasks));
    test(`${name}: takes heads of every form that are handed in`, () => {
      const given = tasksWithHeads(inputShape);
      checkAll(given.chosen, (network) => checkHeads(network, given));
    });
    test(`${name}: refuses a head that does not fit its task`, () =>
      checkRefusals((refused) => build({ inputShape, tasks: refused, key: keyFromSeed(1) })));
  }
}

function checkNetworks(
  networks: readonly Network[],
  tasks: NetworkShape['tasks'],
  inputShape: readonly [number, number, number],
): void {
  tf.tidy(() => {
    const x = normalTensor(keyFromSeed(3), [2, ...inputShape], 0, 1);
    const outputs = networks.map(({ model }) => outputsOf(model, x));
    ensure(outputs[0]!.length === tasks.length, `${outputs[0]!.length} outputs for ${tasks.length} tasks`);
    for (const [index, task] of tasks.entries()) {
      const [first, second, third] = outputs.map((list) => list[index]!);
      checkOutput(first!, task, inputShape);
      ensure(isEqual(second!, first!), 'one key gives two networks');
      ensure(!isEqual(third!, first!), 'two keys give one network');
    }
  });
  checkWeights(networks[0]!, networks[1]!);
  const network = networks[0]!;
  const names = new Set(network.model.layers.map((layer) => layer.name));
  for (const layer of network.representations)
    ensure(names.has(layer), `representation "${layer}" is no layer`);
  const owners = [...names].map((layer) => network.owner(layer));
  for (const task of tasks) ensure(owners.includes(task.name), `no layer belongs to task "${task.name}"`);
  ensure(owners.includes(null), 'no layer is shared');
  checkBorder(network);
}

/** Every first weight follows from the key, one that is not seen in the outputs as yet included. */
function checkWeights(first: Network, second: Network): void {
  const others = second.model.weights;
  first.model.weights.forEach((weight, index) => {
    const other = others[index];
    ensure(
      other !== undefined && isEqual(other.read(), weight.read()),
      `the weight "${weight.originalName}" has two first values by one key`,
    );
  });
}

/** The layers that have trained weights or stand behind one that has. */
function trainedLayers({ layers }: tf.LayersModel): Set<string> {
  const trained = new Set<string>();
  // A model's layers stand in an order in which each comes behind those that it takes from.
  for (const layer of layers) {
    const before = layer.inboundNodes.flatMap(({ inboundLayers }) => inboundLayers);
    if (layer.trainableWeights.length > 0 || before.some(({ name }) => trained.has(name)))
      trained.add(layer.name);
  }
  return trained;
}

/**
 * Where representations are named, what a task's own layers take from shared ones must be among them. What has no weights at
 * or before it, such as the image, is no matter of gradients.
 */
function checkBorder({ model, owner, representations }: Network): void {
  if (representations.length === 0) return;
  const trained = trainedLayers(model);
  for (const layer of model.layers.filter(({ name }) => owner(name) !== null)) {
    for (const { inboundLayers, tensorIndices } of layer.inboundNodes) {
      inboundLayers.forEach(({ name }, index) => {
        // Further outputs of a layer, such as the places of maxima, pass no gradient on.
        const crosses = owner(name) === null && tensorIndices[index] === 0 && trained.has(name);
        ensure(
          !crosses || representations.includes(name),
          `layer "${layer.name}" of a task takes from the shared layer "${name}", which is no representation`,
        );
      });
    }
  }
}

/** The form of a task's output for two images, and its length where that is to be 1. */
function checkOutput(output: tf.Tensor, task: NetworkTask, inputShape: readonly number[]): void {
  const { name, form, outputs, unitLength } = task;
  const expected = [2, ...(form === 'dense' ? inputShape.slice(0, 2) : []), outputs];
  ensure(
    output.shape.join() === expected.join(),
    `the output of task "${name}" is [${output.shape}] and not [${expected}]`,
  );
  if (!unitLength) return;
  // A vector that is no direction may stay 0.
  const lengths = tf.norm(output, 'euclidean', -1).dataSync();
  const wrong = lengths.find((length) => length !== 0 && !(Math.abs(length - 1) < 1e-4));
  ensure(wrong === undefined, `an answer of task "${name}" is to have length 1 and has ${wrong}`);
}

/** Outputs in inference mode, one for each task. */
function outputsOf(model: tf.LayersModel, x: tf.Tensor): tf.Tensor[] {
  const outputs = model.predict(x);
  return Array.isArray(outputs) ? outputs : [outputs];
}

function isEqual(a: tf.Tensor, b: tf.Tensor): boolean {
  const values = b.dataSync();
  return a.dataSync().every((value, index) => Object.is(value, values[index]));
}
