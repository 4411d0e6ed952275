import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeSafetensors, type StoredTensor } from '@overparam/export';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { collapseBlocks, type FnlReshape, importTensors, readTensors } from '../src/index';
import { doublesOf } from '../src/tensors';
import { rejection } from './support';

const folder = fileURLToPath(new URL('./fixtures/networks/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pth'))
  .map((name) => name.slice(0, -4));
const reshapeOf = (name: string): FnlReshape => (name === 'fnl-plain-reshape' ? 'plain' : 'transposed');

/** Images of make-networks.py's formula. */
function images([height, width]: [number, number]): tf.Tensor4D {
  const count = 2 * height * width * 3;
  return tf.tensor4d(
    Float32Array.from({ length: count }, (_, i) => Math.sin(0.37 * (i + 1))),
    [2, height, width, 3],
  );
}

/** max|difference| / max|expected|. */
function gap(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / largest;
}

beforeAll(async () => {
  await tf.setBackend('wasm');
});

describe.each(names.filter((name) => existsSync(`${folder}${name}.json`)))('%s', (name) => {
  test('computes what PyTorch computes', async () => {
    const { size, shape, outputs } = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8'));
    const before = tf.memory().numTensors;
    const {
      model,
      gap: own,
      role,
      blocks,
    } = await importTensors(`${folder}${name}.pth`, {
      size,
      fnlReshape: reshapeOf(name),
    });
    const y = tf.tidy(() => {
      const output = model.predict(images(size)) as tf.Tensor;
      expect(output.shape).toEqual(shape);
      return output.dataSync();
    });
    expect(gap(y, outputs)).toBeLessThan(1e-5);
    expect(own).toBeLessThan(1e-5);
    const method = name.split('-')[0]!;
    expect([role, Object.keys(blocks)]).toEqual(
      /^(resnet|deeplab)/.test(name) ? ['plain', []] : ['collapsed', [method]],
    );
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test.each(names.filter((name) => existsSync(`${folder}${name}-deploy.safetensors`)))(
  "the blocks of %s collapse to its papers' own deployed form",
  async (name) => {
    const trained = await readTensors(`${folder}${name}.pth`);
    const deployed = await readTensors(`${folder}${name}-deploy.safetensors`);
    const { state } = collapseBlocks(trained, name, { epsilon: 1e-5, fnlReshape: reshapeOf(name) });
    for (const [key, tensor] of deployed) {
      expect(state.get(key)!.shape, key).toEqual(tensor.shape);
      expect(gap(doublesOf(state.get(key)!), [...doublesOf(tensor)]), key).toBeLessThan(1e-6);
    }
    const left = [...state.keys()].filter((key) =>
      /\.(rbr_(dense|1x1|conv|scale|skip|identity)|dbb_(origin|avg|1x1))|\.(U|VT|M)$/.test(key),
    );
    expect(left).toEqual([]);
  },
);

test('a factorised network read in the other order computes something else, and both are told apart by name', async () => {
  const { outputs, size } = JSON.parse(readFileSync(`${folder}fnl-deep.json`, 'utf8'));
  const plain = await importTensors(`${folder}fnl-deep.pth`, { size, fnlReshape: 'plain' });
  expect(plain.settings).toEqual({ epsilon: 1e-5, fnlReshape: 'plain' });
  expect(gap((plain.model.predict(images(size)) as tf.Tensor).dataSync(), outputs)).toBeGreaterThan(0.01);
});

test('the trunk of the dilated ResNet-50 takes the weights of ImageNet, and leaves the classifier', async () => {
  const { model, ignored } = await importTensors(`${folder}resnet50.pth`, {
    architecture: 'resnet50-dilated',
    size: [40, 33],
  });
  expect(model.outputShape).toEqual([null, 5, 5, 64]);
  expect(ignored.filter((name) => !name.endsWith('num_batches_tracked'))).toEqual(['fc.weight', 'fc.bias']);
});

/** A file of a network's tensors with a change. */
async function changed(name: string, change: (tensors: Map<string, StoredTensor>) => void): Promise<string> {
  const tensors = new Map<string, StoredTensor>();
  for (const [key, tensor] of await readTensors(`${folder}${name}.pth`)) {
    tensors.set(key, { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(doublesOf(tensor)) });
  }
  change(tensors);
  const place = await mkdtemp(join(tmpdir(), 'overparam-import-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const path = join(place, 'changed.safetensors');
  await writeFile(path, encodeSafetensors({ tensors, metadata: {} }));
  return path;
}

describe('what does not fit', () => {
  const rename = (from: string, to: string) => (tensors: Map<string, StoredTensor>) => {
    tensors.set(to, tensors.get(from)!);
    tensors.delete(from);
  };
  test.each([
    [
      'a name',
      rename('layer2.1.conv2.weight', 'layer2.1.conv2.wieght'),
      'names-mismatch',
      /Nearest to it is "layer2\.1\.conv2\.wieght" of shape \[8,8,3,3\]/,
    ],
    [
      'a name too many',
      (tensors: Map<string, StoredTensor>) =>
        tensors.set('extra.weight', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
      'names-left',
      /takes no tensor "extra\.weight"/,
    ],
    [
      'a shape',
      (tensors: Map<string, StoredTensor>) =>
        tensors.set('layer1.0.conv1.weight', {
          dtype: 'F32',
          shape: [4, 4, 1, 1],
          data: new Float32Array(16),
        }),
      'shapes-mismatch',
      /"layer1\.0\.conv1\.weight" is of shape \[4,4,1,1\], and resnet18 takes \[4,4,3,3\]/,
    ],
    [
      'a variance that is none',
      (tensors: Map<string, StoredTensor>) => tensors.get('bn1.running_var')!.data.fill(-1),
      'non-finite-weights',
      /"bn1\.running_var" holds -1/,
    ],
    [
      'a number that is none',
      (tensors: Map<string, StoredTensor>) => tensors.get('fc.bias')!.data.fill(Number.NaN),
      'non-finite-weights',
      /"fc\.bias" holds NaN/,
    ],
  ])('%s', async (_, change, code, words) => {
    const path = await changed('resnet18', change);
    const before = tf.memory().numTensors;
    const error = await rejection(importTensors(path, { architecture: 'resnet18', size: [32, 32] }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('names of no known network, and an architecture that there is not', async () => {
    const path = await changed('resnet18', rename('layer4.0.downsample.0.weight', 'a'));
    expect((await rejection(importTensors(path))).message).toMatch(
      /Say one by --as: repvgg, mobileone, resnet18/,
    );
    const { message } = await rejection(importTensors(path, { architecture: 'resnet8' }));
    expect(message).toContain('Did you mean "resnet18"?');
  });
});
