import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resnet } from '@overparam/backbones';
import { writeNetwork } from '@overparam/export/node';
import { keyFromSeed, type NetworkTask, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { file, importNetwork } from '../src/index';
import { rejection } from './support';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const classes: NetworkTask = { name: 'class', form: 'class', outputs: 5 };

async function prepared(path: string, more: object = {}) {
  return file.prepare!(parseOptions(file.options, { path, ...more }), fixtures);
}

function shapeOf(inputShape: [number, number, number], tasks: NetworkTask[] = [classes], seed = 1) {
  return { inputShape, tasks, key: keyFromSeed(seed) };
}

const weightsOf = (model: tf.LayersModel, name: string) => [
  ...model.weights
    .find(({ originalName }) => originalName === name)!
    .read()
    .dataSync(),
];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('takes a network of Keras up to its last map, at another size, with its weights and heads of the tasks', async () => {
  const options = await prepared('keras/sequential.keras');
  const { model: whole } = await importNetwork(`${fixtures}keras/sequential.keras`);
  const before = tf.memory().numTensors;
  const { model, representations } = file.build(shapeOf([13, 11, 3]), options);
  expect(model.outputShape).toEqual([null, 5]);
  expect(representations).toHaveLength(1);
  expect(weightsOf(model, 'conv2d_6/kernel')).toEqual(weightsOf(whole, 'conv2d_6/kernel'));
  const names = model.layers.map(({ name }) => name);
  expect(names).not.toContain('flatten_1');
  expect(names.some((name) => name.startsWith('dense'))).toBe(false);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('begins afresh by the key alone where the config says so', async () => {
  const options = await prepared('keras/sequential.keras', { weights: 'fresh' });
  const build = (seed: number) => file.build(shapeOf([9, 8, 3], [classes], seed), options).model;
  const kernels = [1, 1, 2].map((seed) => weightsOf(build(seed), 'conv2d_6/kernel'));
  expect(kernels[0]).toEqual(kernels[1]);
  expect(kernels[0]).not.toEqual(kernels[2]);
  const kept = file.build(shapeOf([9, 8, 3]), await prepared('keras/sequential.keras')).model;
  expect(kernels[0]).not.toEqual(weightsOf(kept, 'conv2d_6/kernel'));
});

test('takes a folder of this project, is cut where one says, and serves several tasks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const given = resnet.build(shapeOf([8, 8, 3]), parseOptions(resnet.options, { depth: 8, width: 4 }));
  await writeNetwork(folder, given.model, { role: 'plain' });
  const options = await prepared(folder, { until: 'stage2_block1_relu2' });
  const tasks: NetworkTask[] = [classes, { name: 'mask', form: 'dense', outputs: 2 }];
  const { model, owner } = file.build(shapeOf([12, 16, 3], tasks), options);
  expect(model.outputShape).toEqual([
    [null, 5],
    [null, 12, 16, 2],
  ]);
  expect(owner('stage2_block1_conv1')).toBeNull();
  expect(weightsOf(model, 'stage2_block1_conv1/kernel')).toEqual(
    weightsOf(given.model, 'stage2_block1_conv1/kernel'),
  );
  const wrong = await prepared(folder, { until: 'stage2_block1_relu3' });
  expect(() => file.build(shapeOf([8, 8, 3]), wrong)).toThrow(/Did you mean "stage2_block1_relu/);
});

test('a run goes on with the network that it began with, or not at all', async () => {
  const { sha256 } = await prepared('keras/sequential.keras');
  expect((await prepared('keras/sequential.keras', { sha256 })).sha256).toBe(sha256);
  const error = await rejection(prepared('keras/network.keras', { sha256 }));
  expect(error.code).toBe('file-differs');
});

test('what cannot be a backbone is refused', async () => {
  expect((await rejection(prepared('networks/resnet18.pth'))).message).toMatch(
    /Import it first: overparam import/,
  );
  expect((await rejection(prepared('networks'))).message).toMatch(/There is no file/);
  const two = await prepared('keras/two.keras');
  expect(() => file.build(shapeOf([8, 8, 3]), two)).toThrow(/has 2 inputs/);
  const channels = await prepared('keras/sequential.keras');
  expect(() => file.build(shapeOf([9, 8, 4]), channels)).toThrow(
    /does not fit images of 9x8x4: .*"conv2d_\d+\/kernel" is of shape \[3,3,3,4\], and its layer takes \[3,3,4,4\].*as many channels/,
  );
  const flat = await prepared('keras/sequential.keras', { until: 'flatten_1' });
  const mask: NetworkTask = { name: 'mask', form: 'dense', outputs: 2 };
  expect(() => file.build(shapeOf([9, 8, 3], [mask]), flat)).toThrow(/the heads need images/);
});
