import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoredTensor } from '@overparam/export';
import { readNetwork, readSafetensors, writeNetwork, writeSafetensors } from '@overparam/export/node';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { main } from '../../src/main';
import { temporaryFolder } from '../support/tiny';

const path = temporaryFolder();
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../import/test/fixtures/${name}`, import.meta.url));
let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

const written = (stream: MockInstance) => stream.mock.calls.map(([text]) => String(text)).join('');

test('a trained RepVGG becomes a collapsed network that says where it came from', async () => {
  const out = path('repvgg');
  const given = [
    'import',
    fixture('networks/repvgg.pth'),
    '--out',
    out,
    '--size',
    '40x33',
    '--engine',
    'cpu',
    '--json',
  ];
  expect(await main(given)).toBe(0);
  const result = JSON.parse(written(stdout));
  expect(result).toMatchObject({ architecture: 'repvgg', role: 'collapsed', blocks: { repvgg: 22 } });
  expect(result.importGap).toBeLessThan(1e-5);
  const { model, metadata } = await readNetwork(out, { expect: 'collapsed' });
  expect(model.countParams()).toBe(result.parameters);
  expect(metadata.source).toMatchObject({
    file: 'repvgg.pth',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    architecture: 'repvgg',
    settings: { epsilon: 1e-5 },
  });
});

test.each([
  ['a pickle that asks for more', ['checkpoints/attack.pth'], /nothing was executed/],
  ['a file that there is not', ['checkpoints/none.pth'], /There is no file/],
  ['another size', ['networks/repvgg.pth', '--size', '40'], /--size expects height and width/],
  [
    'another architecture',
    ['networks/repvgg.pth', '--as', 'repvg', '--size', '8x8'],
    /Did you mean "repvgg"/,
  ],
  ['a layer that is not read', ['keras/refused-lambda.keras'], /kind "Lambda"/],
])('%s is a mistake, and leaves nothing behind', async (name, [file, ...more], words) => {
  const out = path(name);
  expect(await main(['import', fixture(file!), '--out', out, '--engine', 'cpu', ...more])).toBe(2);
  expect(written(stderr)).toMatch(words);
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(dirname(out)).filter((entry) => entry.endsWith('.part'))).toEqual([]);
});

/** A fixture with its bytes changed, in a file of its own. */
function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  const file = path(`changed-${readdirSync(path()).length}-${name.split('/').at(-1)}`);
  writeFileSync(file, change(readFileSync(fixture(name))));
  return file;
}

const dense = () => tf.layers.dense({ inputShape: [2], units: 1 });

const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1);

/** The deployed RepVGG of the fixtures with its tensors changed. */
async function repvgg(change: (tensors: Map<string, StoredTensor>) => void): Promise<string> {
  const { tensors } = await readSafetensors(fixture('networks/repvgg-deploy.safetensors'));
  const own = new Map(tensors as ReadonlyMap<string, StoredTensor>);
  change(own);
  const file = path(`repvgg-${readdirSync(path()).length}.safetensors`);
  await writeSafetensors(file, { tensors: own, metadata: {} });
  return file;
}

const first = 'stage0.rbr_reparam.weight';

test.each<[string, () => string | Promise<string>, string[], RegExp]>([
  ['half a checkpoint', () => changed('networks/fnl-deep.pth', half), [], /damaged|truncated|cut/],
  ['half a .keras file', () => changed('keras/two.keras', half), [], /damaged|truncated|cut/],
  ['half an .h5 file', () => changed('keras/two.h5', half), [], /expected an HDF5 file of Keras, but/],
  ['half a safetensors file', () => changed('networks/fnl-deep-deploy.safetensors', half), [], /truncated/],
  [
    'a picture',
    () => changed('keras/two.h5', () => Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')),
    [],
    /it is none of what is imported/,
  ],
  [
    'an ONNX file',
    () => changed('keras/two.h5', () => Buffer.from('\x08\x07\x12\x09overparam and so on', 'latin1')),
    [],
    /ONNX files and SavedModels are not; import what they were made from/,
  ],
  ['a folder', () => fixture('keras'), [], /is a folder\. Give a file/],
  [
    'the trained network of a run',
    async () => {
      await writeNetwork(path('final'), tf.sequential({ layers: [dense()] }), { role: 'expanded' });
      await writeNetwork(path('collapsed'), tf.sequential({ layers: [dense()] }), { role: 'collapsed' });
      return path('final', 'model.json');
    },
    [],
    /expected a network of role "collapsed", but this one is of role "expanded".*It is in .*collapsed\./,
  ],
  [
    'a tensor without numbers',
    () =>
      repvgg((tensors) => {
        tensors.set(first, { dtype: 'F32', shape: [0, 3, 3, 3], data: new Float32Array(0) });
      }),
    ['--as', 'repvgg', '--size', '40x33'],
    /tensor "stage0\.rbr_reparam\.weight" is of shape \[0,3,3,3\], and .* takes \[/,
  ],
  [
    'another kind of file',
    () => changed('keras/two.h5', () => Buffer.from('{"a": 1}')),
    [],
    /Error: .*(TensorFlow\.js|layers)/,
  ],
  [
    'a name that does not fit',
    () =>
      repvgg((tensors) => {
        tensors.set('stage0.rbr_reparam.wieght', tensors.get(first)!);
        tensors.delete(first);
      }),
    ['--as', 'repvgg', '--size', '40x33'],
    /needs tensor "stage0\.rbr_reparam\.weight" of shape .*Nearest to it is "stage0\.rbr_reparam\.wieght" of shape \[/,
  ],
  [
    'a shape that does not fit',
    () =>
      repvgg((tensors) => {
        const weight = tensors.get(first)! as { data: Float32Array; shape: readonly number[] };
        tensors.set(first, { dtype: 'F32', shape: [...weight.shape, 1], data: weight.data });
      }),
    ['--as', 'repvgg', '--size', '40x33'],
    /tensor "stage0\.rbr_reparam\.weight" is of shape \[(\d+,){4}1\], and .* takes \[/,
  ],
])('%s is a mistake, and leaves nothing behind', async (name, make, more, words) => {
  const file = await make();
  const out = path(`out of ${name}`);
  expect(await main(['import', file, '--out', out, '--engine', 'cpu', ...more])).toBe(2);
  expect(written(stderr)).toMatch(words);
  expect(written(stderr)).not.toMatch(/^ {4}at /m);
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(path()).filter((entry) => entry.endsWith('.part'))).toEqual([]);
});

test('a folder that holds something stays as it is', async () => {
  const out = path('full');
  await main(['import', fixture('keras/leaky.keras'), '--out', out, '--engine', 'cpu']);
  writeFileSync(`${out}/mine.txt`, 'mine');
  expect(await main(['import', fixture('keras/leaky.keras'), '--out', out, '--engine', 'cpu'])).toBe(2);
  expect(written(stderr)).toContain('is there already and not empty');
  expect(await main(['import', fixture('keras/leaky.keras')])).toBe(2);
  expect(written(stderr)).toContain('--out FOLDER');
});
