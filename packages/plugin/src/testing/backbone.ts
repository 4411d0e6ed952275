import { keyFromSeed, normalTensor } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Backbone, Network, NetworkShape, NetworkTask } from '../contracts';
import { parseOptions } from '../options';
import { type DefineTest, ensure } from './runner';

/** What {@link testBackbone} is told. */
export interface BackboneKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
  /** `[h, w, channels]`; 32x32x3 where left out. */
  readonly inputShape?: readonly [number, number, number];
  /** What it is built for; two tasks of kind `classification` where left out. */
  readonly tasks?: readonly NetworkTask[];
}

const classifications: readonly NetworkTask[] = [
  { name: 'first', kind: 'classification', outputs: 10 },
  { name: 'second', kind: 'classification', outputs: 3 },
];

/**
 * The conformance kit of the contract `Backbone`: an output for each task, of the input's size where labels are images,
 * weights that follow from the key and from nothing else, owners and representations that exist, no tensor left over.
 */
export function testBackbone(backbone: Backbone, kit: BackboneKit): void {
  const { test, options = [{}], inputShape = [32, 32, 3], tasks = classifications } = kit;
  const kinds = [...new Set(tasks.map(({ kind }) => kind))].join(' and ');
  for (const given of options) {
    const build = (shape: NetworkShape) =>
      backbone.build(shape, parseOptions(backbone.options, given, backbone.name));
    test(`${backbone.name} ${JSON.stringify(given)}: builds networks for ${kinds} by key`, () => {
      const before = tf.memory().numTensors;
      const networks = [1, 1, 2].map((seed) => build({ inputShape, tasks, key: keyFromSeed(seed) }));
      checkNetworks(networks, tasks, inputShape);
      for (const { model } of networks) model.dispose();
      const left = tf.memory().numTensors - before;
      ensure(left === 0, `${left} tensors are left over`);
    });
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
      const size = isDense(task) ? inputShape.slice(0, 2) : [];
      const expected = [2, ...size, task.outputs];
      ensure(
        first!.shape.join() === expected.join(),
        `output ${index}, of task "${task.name}", is [${first!.shape}] and not [${expected}]`,
      );
      ensure(isEqual(second!, first!), 'one key gives two networks');
      ensure(!isEqual(third!, first!), 'two keys give one network');
    }
  });
  const network = networks[0]!;
  const names = new Set(network.model.layers.map((layer) => layer.name));
  for (const layer of network.representations)
    ensure(names.has(layer), `representation "${layer}" is no layer`);
  const owners = [...names].map((layer) => network.owner(layer));
  for (const task of tasks) ensure(owners.includes(task.name), `no layer belongs to task "${task.name}"`);
  ensure(owners.includes(null), 'no layer is shared');
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

/** Whether labels are images: by the kind, or as they hold more numbers than the task has outputs. */
function isDense({ kind, outputs, label }: NetworkTask): boolean {
  const shape = label?.shape ?? [];
  const size = shape.reduce((product, side) => product * side, 1);
  return ['segmentation', 'depth', 'normals'].includes(kind) || (shape.length >= 2 && size !== outputs);
}
