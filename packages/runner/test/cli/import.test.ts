import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNetwork } from '@overparam/export/node';
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

test('a folder that holds something stays as it is', async () => {
  const out = path('full');
  await main(['import', fixture('keras/leaky.keras'), '--out', out, '--engine', 'cpu']);
  writeFileSync(`${out}/mine.txt`, 'mine');
  expect(await main(['import', fixture('keras/leaky.keras'), '--out', out, '--engine', 'cpu'])).toBe(2);
  expect(written(stderr)).toContain('is there already and not empty');
  expect(await main(['import', fixture('keras/leaky.keras')])).toBe(2);
  expect(written(stderr)).toContain('--out FOLDER');
});
