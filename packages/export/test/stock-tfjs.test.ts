import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  MaxPoolWithPlaces,
  MaxUnpool,
  ResizeAligned,
  ResizeHalfPixel,
  UnitLength,
  WeightedSum,
} from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeNetwork } from '../src/node';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-stock-'));
  server = createServer((request, response) => {
    readFile(join(folder, basename(request.url!))).then(
      (contents) => response.end(contents),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** What another process makes of the folder with stock tfjs, over http and from IndexedDB, and what the network makes. */
async function inStockTfjs(model: tf.LayersModel, layers: boolean) {
  await writeNetwork(folder, model, { role: 'collapsed', method: 'fnl' });
  const script = fileURLToPath(new URL('support/load-in-stock-tfjs.mjs', import.meta.url));
  const more = layers ? [join(folder, 'layers.js')] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [script, url, ...more], {
    maxBuffer: 2 ** 26,
  });
  const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<'http' | 'indexedDb', number[][]>;
  const shape = [2, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const x = tf
    .linspace(
      -1,
      1,
      shape.reduce((a, b) => a * b, 1),
    )
    .reshape(shape);
  const wanted = ([model.predict(x)].flat() as tf.Tensor[]).map((tensor) => [...tensor.dataSync()]);
  return { found, wanted };
}

test('stock tfjs loads a network over http and from IndexedDB, and computes the same bits', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [5, 7, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      // More than one file of weights.
      tf.layers.dense({ units: 24_000 }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const { found, wanted } = await inStockTfjs(model, false);
  expect(found).toEqual({ http: wanted, indexedDb: wanted });
  expect((await readdir(folder)).filter((name) => name.endsWith('.bin')).length).toBeGreaterThan(1);
});

test('what tfjs writes so that it cannot read it itself is repaired', async () => {
  const regulariser = tf.regularizers.l2({ l2: 0.01 });
  const layers = [
    tf.layers.depthwiseConv2d({ kernelSize: 2, inputShape: [4, 5, 2], depthwiseRegularizer: regulariser }),
    tf.layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2 }),
    tf.layers.flatten(),
  ];
  const { found, wanted } = await inStockTfjs(tf.sequential({ layers }), false);
  expect(found.http).toEqual(wanted);
});

test('layers that stock tfjs lacks come with a file of their own', async () => {
  const input = tf.input({ shape: [4, 6, 3] });
  const [values, places] = new MaxPoolWithPlaces({ name: 'pool' }).apply(input) as tf.SymbolicTensor[];
  const whole = new MaxUnpool({ name: 'unpool' }).apply([values!, places!]) as tf.SymbolicTensor;
  const large = new ResizeAligned({ name: 'resize', height: 7, width: 9 }).apply(whole) as tf.SymbolicTensor;
  const sum = new WeightedSum({ name: 'sum', initial: [0.9, 0.4] }).apply([
    large,
    large,
  ]) as tf.SymbolicTensor;
  const unit = new UnitLength({ name: 'unit' }).apply(sum) as tf.SymbolicTensor;
  const { found, wanted } = await inStockTfjs(tf.model({ inputs: input, outputs: unit }), true);
  expect(found).toEqual({ http: wanted, indexedDb: wanted });
  expect(await readdir(folder)).toContain('layers.js');
});

test('a network whose only layer of that kind resizes by halves has the file too', async () => {
  const input = tf.input({ shape: [4, 6, 2] });
  const outputs = new ResizeHalfPixel({ name: 'up', factor: [2, 3] }).apply(input) as tf.SymbolicTensor;
  const { found, wanted } = await inStockTfjs(tf.model({ inputs: input, outputs }), true);
  expect(found).toEqual({ http: wanted, indexedDb: wanted });
});

test('what the network is stands in its model.json, with a checksum of its weights', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 1, useBias: false })] });
  await writeNetwork(folder, model, { role: 'collapsed', method: 'fnl', gap: 1e-7 });
  const { userDefinedMetadata } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
  expect(userDefinedMetadata.overparam).toEqual({
    role: 'collapsed',
    method: 'fnl',
    gap: 1e-7,
    weights: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect((await readdir(folder)).sort()).toEqual([
    'group1-shard1of1.bin',
    'model.json',
    'weights.safetensors',
  ]);
});
