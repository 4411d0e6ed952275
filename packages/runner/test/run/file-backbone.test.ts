import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNetwork } from '@overparam/export/node';
import { beforeEach, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const keras = fileURLToPath(new URL('../../../import/test/fixtures/keras/sequential.keras', import.meta.url));

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

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

test('a file that is not there is a mistake in the config', async () => {
  const config = path('missing.yaml');
  writeFileSync(config, stringify({ ...tiny, backbone: { name: 'file', path: 'none.keras' } }));
  expect(await main(['train', config, '--out', path('none')])).toBe(2);
  expect(existsSync(path('none'))).toBe(false);
});
