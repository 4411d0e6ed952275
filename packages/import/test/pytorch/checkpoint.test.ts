import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCheckpoint, readTensors } from '../../src/index';
import { doublesOf } from '../../src/tensors';
import { rejection } from '../support';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/checkpoints/${name}.pth`, import.meta.url));

/** What PyTorch says that the files hold: see fixtures/make-checkpoints.py. */
const expected: Record<
  string,
  Record<string, { dtype: string; shape: number[]; data: string[] }>
> = JSON.parse(readFileSync(new URL('../fixtures/checkpoints/expected.json', import.meta.url), 'utf8'));

test.each(['types', 'training', 'wrapped'])('%s.pth holds what PyTorch saved', async (name) => {
  const tensors = await readCheckpoint(fixture(name));
  expect([...tensors.keys()].sort()).toEqual(Object.keys(expected[name]!).sort());
  for (const [key, { dtype, shape, data }] of Object.entries(expected[name]!)) {
    const tensor = tensors.get(key)!;
    expect(tensor.dtype, key).toBe(dtype);
    expect(tensor.shape, key).toEqual(shape);
    if (tensor.data instanceof BigInt64Array) expect([...tensor.data].map(String)).toEqual(data);
    else expect([...tensor.data], key).toEqual(data.map(Number));
  }
});

test('other protocols of pickle hold the same', async () => {
  const [two, four] = [await readCheckpoint(fixture('types')), await readCheckpoint(fixture('protocol4'))];
  expect([...four.keys()]).toEqual([...two.keys()]);
  for (const [name, tensor] of two) expect(doublesOf(four.get(name)!)).toEqual(doublesOf(tensor));
});

test('where several entries hold tensors, one is chosen by name', async () => {
  const { code, message } = await rejection(readCheckpoint(fixture('two')));
  expect(code).toBe('ambiguous-state-dict');
  expect(message).toContain('"model" (6), "model_ema" (1)');
  expect([...(await readCheckpoint(fixture('two'), { key: 'model_ema' })).keys()]).toEqual(['a']);
  const wrong = await rejection(readCheckpoint(fixture('two'), { key: 'model_em' }));
  expect(wrong.message).toContain('did you mean "model_ema"?');
});

test.each([
  ['arguments', 'pickle-refused', /asks for "argparse\.Namespace".*nothing was executed/],
  ['module', 'pickle-refused', /asks for "torch\.nn\.modules\.container\.Sequential"/],
  ['attack', 'pickle-refused', /asks for "(posix|nt|os)\.system"/],
  ['nothing', 'no-state-dict', /torch\.save\(model\.state_dict\(\)/],
])('%s.pth is refused, and says what to do', async (name, code, words) => {
  const error = await rejection(readCheckpoint(fixture(name)));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(words);
  expect(existsSync('executed.txt')).toBe(false);
});

test('a safetensors file of PyTorch holds the same numbers, half precision of both kinds included', async () => {
  const tensors = await readTensors(fixture('types').replace(/pth$/, 'safetensors'));
  for (const [key, { dtype, shape, data }] of Object.entries(expected.types!)) {
    if (/^int(8|16)/.test(key)) continue;
    const tensor = tensors.get(key)!;
    expect([tensor.dtype, tensor.shape], key).toEqual([dtype, shape]);
    expect([...tensor.data].map(Number), key).toEqual(data.map(Number));
  }
});

test('a file of another kind says what it is', async () => {
  const old = await rejection(readTensors(fixture('old')));
  expect(old.message).toMatch(/before PyTorch 1\.6.*weights_only=True/);
  const missing = await rejection(readTensors(fixture('none')));
  expect(missing.code).toBe('file-missing');
});
