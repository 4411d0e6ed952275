import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNetwork, writeNetwork } from '@overparam/export/node';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const keras = fileURLToPath(new URL('../../../import/test/fixtures/keras/sequential.keras', import.meta.url));

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(() => void vi.unstubAllEnvs());

test("one's own network is trained, goes on from its run's own config, and is collapsed", async () => {
  mkdirSync(path('configs'));
  cpSync(keras, path('configs', 'net.keras'));
  const config = path('configs', 'config.yaml');
  const backbone = { name: 'file', path: 'net.keras', weights: 'fresh' };
  writeFileSync(config, stringify({ ...tiny, method: 'repvgg', backbone, epochs: 2 }));
  const out = path('run');
  expect(await main(['train', config, '--out', out])).toBe(0);
  const saved = parse(textOf(out, 'config.yaml'));
  expect(saved.backbone).toMatchObject({ name: 'file', path: '../configs/net.keras', weights: 'fresh' });
  expect(saved.backbone.sha256).toMatch(/^[0-9a-f]{64}$/);
  const { model } = await readNetwork(`${out}/collapsed`, { expect: 'collapsed' });
  expect(model.outputShape).toEqual([null, 10]);
  // The run's own config leads to the same file from another folder.
  expect(await main(['train', `${out}/config.yaml`, '--out', path('again')])).toBe(0);
  const lines = (folder: string) => textOf(folder, 'metrics.jsonl');
  expect(lines(path('again'))).toBe(lines(out));
  expect(existsSync(path('again', 'result.json'))).toBe(true);
});

test('what a format cannot have is named at export, and nothing is written', async () => {
  // Slopes that differ by place, which PyTorch has no layer for.
  const net = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 2, kernelSize: 3, strides: 4 }),
      tf.layers.prelu({ name: 'slopes' }),
      tf.layers.conv2d({ filters: 2, kernelSize: 1 }),
    ],
  });
  await writeNetwork(path('net'), net, { role: 'plain' });
  const config = path('prelu.yaml');
  writeFileSync(config, stringify({ ...tiny, backbone: { name: 'file', path: 'net' }, epochs: 1 }));
  expect(await main(['train', config, '--out', path('prelu')])).toBe(0);
  const stderr = vi.mocked(process.stderr.write);
  const anew = async (...given: string[]) => {
    stderr.mockClear();
    expect(await main(['export', path('prelu'), ...given])).toBe(2);
    expect(existsSync(path('prelu', 'exported')) ? readdirSync(path('prelu', 'exported')) : []).toEqual([]);
    return stderr.mock.calls.map(([text]) => String(text)).join('');
  };
  expect(await anew('--to', 'safetensors')).toMatch(
    /The layer "slopes" \(PReLU\) cannot be written for PyTorch.*LeakyReLU/,
  );
  // A network of the wrong kind in its place, and one that was damaged.
  const collapsed = path('prelu', 'collapsed');
  cpSync(collapsed, path('kept'), { recursive: true });
  for (const name of ['model.json', 'weights.safetensors'])
    cpSync(path('prelu', 'final', name), `${collapsed}/${name}`);
  expect(await anew('--to', 'onnx')).toMatch(/expected a network of role "collapsed".*"expanded"/);
  const weights = readFileSync(path('kept', 'weights.safetensors'));
  weights[weights.length - 1]! ^= 1;
  cpSync(path('kept'), collapsed, { recursive: true });
  writeFileSync(`${collapsed}/weights.safetensors`, weights);
  expect(await anew('--to', 'onnx')).toMatch(/checksum/);
});

test('a file that is not there is a mistake in the config', async () => {
  const config = path('missing.yaml');
  writeFileSync(config, stringify({ ...tiny, backbone: { name: 'file', path: 'none.keras' } }));
  expect(await main(['train', config, '--out', path('none')])).toBe(2);
  expect(existsSync(path('none'))).toBe(false);
});

test('a run whose network cannot be built leaves no folder behind', async () => {
  const stderr = vi.mocked(process.stderr.write);
  const refused = async (given: object) => {
    const config = path('refused.yaml');
    writeFileSync(config, stringify({ ...tiny, ...given, epochs: 1 }));
    stderr.mockClear();
    expect(await main(['train', config, '--out', path('new', 'run')])).toBe(2);
    expect(existsSync(path('new'))).toBe(false);
    return stderr.mock.calls.map(([text]) => String(text)).join('');
  };
  const file = { name: 'file', path: keras };
  expect(await refused({ backbone: { ...file, until: 'nowhere' } })).toMatch(/nowhere/);
  expect(await refused({ backbone: { ...file, heads: 'kept' } })).toMatch(/does not fit images/);
  expect(await refused({ method: 'repvgg', select: 'nowhere' })).toMatch(/nowhere/);
  expect(await refused({ batch: 25 })).toMatch(/batch/i);
  // A folder that was there is the user's, and stays.
  mkdirSync(path('own'));
  expect(await main(['train', path('refused.yaml'), '--out', path('own')])).toBe(2);
  expect(readdirSync(path('own'))).toEqual([]);
});
