import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileSystem, registerTensorflow } from '@overparam/engine-tensorflow';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-files-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function network(): tf.LayersModel {
  const layers = [
    tf.layers.dense({ inputShape: [2], units: 3, name: 'a' }),
    tf.layers.dense({ units: 1, name: 'b' }),
  ];
  return tf.sequential({ layers });
}

const answer = (model: tf.LayersModel) => [
  ...(model.predict(tf.tensor2d([[1, -2]])) as tf.Tensor).dataSync(),
];

test('a network is saved to a folder and loaded from it by file://', async () => {
  const model = network();
  model.setUserDefinedMetadata({ from: 'here' });
  const url = pathToFileURL(join(folder, 'a b', 'net')).href;
  const { modelArtifactsInfo } = await model.save(url);
  expect(modelArtifactsInfo.weightDataBytes).toBe(4 * 13);
  expect((await readdir(join(folder, 'a b', 'net'))).sort()).toEqual(['model.json', 'weights.bin']);
  const read = await tf.loadLayersModel(`${url}/model.json`);
  expect(answer(read)).toEqual(answer(model));
  expect(read.getUserDefinedMetadata()).toEqual({ from: 'here' });
});

test('weights in several files are put together', async () => {
  const model = network();
  await model.save(fileSystem(folder));
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
  const bytes = await readFile(join(folder, 'weights.bin'));
  json.weightsManifest[0].paths = ['one.bin', 'two.bin'];
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  await writeFile(join(folder, 'one.bin'), bytes.subarray(0, 10));
  await writeFile(join(folder, 'two.bin'), bytes.subarray(10));
  const read = await tf.loadLayersModel(fileSystem(join(folder, 'model.json')));
  expect(answer(read)).toEqual(answer(model));
});

test('registering again leaves one way to read a file', () => {
  registerTensorflow();
  registerTensorflow();
  expect(tf.io.getLoadHandlers('file:///a/model.json')).toHaveLength(1);
  expect(tf.io.getSaveHandlers('file:///a')).toHaveLength(1);
});

test('weights outside of the folder are not read, and missing files are named', async () => {
  await network().save(fileSystem(folder));
  const path = join(folder, 'model.json');
  const json = JSON.parse(await readFile(path, 'utf8'));
  for (const name of ['../weights.bin', '/etc/hostname', 'a/../../weights.bin']) {
    json.weightsManifest[0].paths = [name];
    await writeFile(path, JSON.stringify(json));
    await expect(tf.loadLayersModel(fileSystem(path))).rejects.toMatchObject({ code: 'topology-invalid' });
  }
  json.weightsManifest[0].paths = ['none.bin'];
  await writeFile(path, JSON.stringify(json));
  await expect(tf.loadLayersModel(fileSystem(path))).rejects.toMatchObject({
    code: 'file-missing',
    message: expect.stringContaining('none.bin'),
  });
  await writeFile(path, '{}');
  await expect(tf.loadLayersModel(fileSystem(path))).rejects.toMatchObject({ code: 'topology-invalid' });
});
