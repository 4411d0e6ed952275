import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@overparam/export';
import { writeNetwork, writeSafetensors } from '@overparam/export/node';
import { exportNetwork, inspect, inspectionRows } from '@overparam/formats';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-inspect-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** 3 * 3 * 2 * 4 + 4 = 76 numbers in the first layer, 4 * 3 + 3 = 15 in the last. */
function network(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'conv', inputShape: [5, 7, 2], filters: 4, kernelSize: 3 }),
      tf.layers.globalAveragePooling2d({ name: 'mean' }),
      tf.layers.dense({ name: 'classes', units: 3 }),
    ],
  });
}

const about = { role: 'collapsed', method: 'fnl', seed: 7 } as const;

test.each(['onnx', 'tfjs', 'safetensors'])('a network written as %s says what it is', async (to) => {
  const place = join(folder, to);
  await exportNetwork(place, network(), about, { to });
  const [found] = await inspect(place);
  expect(found).toMatchObject({ role: 'collapsed', about: { method: 'fnl', seed: 7 }, parameters: 91 });
  // Windows of the convolution: 3 x 5 of 3 * 3 * 2 products for each of 4 channels.
  expect(found!.multiplyAdds).toBe(15 * 18 * 4 + 12);
  expect(found!.checks.every(({ ok }) => ok)).toBe(true);
  const sizes = found!.layers.map(({ parameters }) => parameters).filter((count) => count > 0);
  expect(sizes.sort((a, b) => b - a)).toEqual([76, 15]);
});

test('a network folder is one, and a byte that was changed is found', async () => {
  const place = join(folder, 'collapsed');
  await writeNetwork(place, network(), about);
  const [found] = await inspect(place);
  expect(found).toMatchObject({ role: 'collapsed', parameters: 91, multiplyAdds: 15 * 18 * 4 + 12 });
  expect(found!.layers).toEqual([
    { name: 'conv', kind: 'Conv2D', parameters: 76 },
    { name: 'mean', kind: 'GlobalAveragePooling2D', parameters: 0 },
    { name: 'classes', kind: 'Dense', parameters: 15 },
  ]);
  const file = join(place, 'weights.safetensors');
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
  const [damaged] = await inspect(place);
  expect(damaged!.checks).toContainEqual(expect.objectContaining({ what: 'checksum', ok: false }));
});

test('what a network began as is said line by line', async () => {
  const place = join(folder, 'taken-up');
  const ancestors: JsonValue = [
    { file: 'second/collapsed', role: 'collapsed', method: 'fnl', seed: 3, sha256: 'ab', weights: 'cd' },
    { file: 'net.keras', sha256: 'ef' },
  ];
  await writeNetwork(place, network(), { ...about, ancestors });
  const [found] = await inspect(place);
  expect(inspectionRows(found!).filter(([key]) => key === 'began as')).toEqual([
    ['began as', 'second/collapsed: role collapsed, method fnl, seed 3, sha256 cd'],
    ['began as', 'net.keras: sha256 ef'],
  ]);
});

test('weights of tfjs that were changed are found', async () => {
  const place = join(folder, 'changed');
  await exportNetwork(place, network(), about, { to: 'tfjs' });
  const file = join(place, 'group1-shard1of1.bin');
  const bytes = await readFile(file);
  bytes[0]! ^= 1;
  await writeFile(file, bytes);
  const [found] = await inspect(join(place, 'model.json'));
  expect(found!.checks.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual(['checksum of weights']);
});

test('a folder of networks has them all', async () => {
  const run = join(folder, 'run');
  await writeNetwork(join(run, 'final'), network(), { role: 'expanded' });
  await writeNetwork(join(run, 'collapsed', 'depth'), network(), about);
  await writeFile(join(run, 'config.yaml'), '');
  const found = await inspect(run);
  expect(found.map(({ path, role }) => [path, role])).toEqual([
    [join(run, 'final'), 'expanded'],
    [join(run, 'collapsed', 'depth'), 'collapsed'],
  ]);
});

test('files of others say nothing of where they come from, and nothing that a terminal obeys is printed', async () => {
  const path = join(folder, 'other.safetensors');
  const tensors = new Map([
    ['a\u001b[31m.weight', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }],
  ] as const);
  await writeSafetensors(path, { tensors, metadata: {} });
  const [found] = await inspect(path);
  expect(found).toMatchObject({ role: null, about: {}, parameters: 2, multiplyAdds: null });
  expect(JSON.stringify(inspectionRows(found!))).not.toContain('u001b');
});

test('what is no network is refused', async () => {
  const path = (name: string) => join(folder, name);
  await expect(inspect(path('none'))).rejects.toMatchObject({ code: 'file-missing' });
  await writeFile(path('a.json'), '{"a": 1}');
  await expect(inspect(path('a.json'))).rejects.toMatchObject({ code: 'file-unknown' });
  await writeFile(path('a.onnx'), 'not that');
  await expect(inspect(path('a.onnx'))).rejects.toMatchObject({ code: 'protobuf-invalid' });
  await writeFile(path('a.h5'), '\u0089HDF');
  await expect(inspect(path('a.h5'))).rejects.toMatchObject({ code: 'file-unknown' });
});
