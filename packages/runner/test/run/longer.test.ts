import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
let told = '';

beforeEach(() => {
  told = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

async function train(name: string, config: object, ...more: string[]): Promise<number> {
  const file = path(`${name}.yaml`);
  writeFileSync(file, stringify(config));
  return main(['train', file, '--out', path(name), ...more]);
}

const constant = { ...tiny, lr: { peak: 0.05, schedule: 'constant' } };

test('a finished run for more epochs is the longer run, byte for byte', async () => {
  expect(await train('long', { ...constant, epochs: 4 })).toBe(0);
  expect(await train('short', { ...constant, epochs: 2 })).toBe(0);
  expect(await train('short', { ...constant, epochs: 4 }, '--resume')).toBe(0);
  for (const file of ['metrics.jsonl', 'result.json', 'config.yaml', 'SHA256SUMS'])
    expect(textOf(path('short'), file)).toBe(textOf(path('long'), file));
  const files = readdirSync(path('long', 'collapsed'));
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) {
    const [found, wanted] = ['short', 'long'].map((run) => readFileSync(path(run, 'collapsed', file)));
    expect(found!.equals(wanted!), file).toBe(true);
  }
});

test('what follows the length of the run is refused with words, and the run stays as it was', async () => {
  expect(await train('cosine', { ...tiny, epochs: 2 })).toBe(0);
  const before = textOf(path('cosine'), 'result.json');
  expect(await train('cosine', { ...tiny, epochs: 4 }, '--resume')).not.toBe(0);
  expect(told).toMatch(
    /was planned for 2 epochs, and 4 cannot be made of it: the learning rate of update \d+ .* lr \(cosine\) follows the length/,
  );
  expect(textOf(path('cosine'), 'result.json')).toBe(before);
  expect(await train('cosine', { ...tiny, epochs: 1 }, '--resume')).not.toBe(0);
  expect(told).toMatch(/differs in epochs/);
  const routine = { name: 'progressive' };
  expect(await train('progressive', { ...constant, method: 'trirep', routine, epochs: 2 })).toBe(0);
  expect(
    await train('progressive', { ...constant, method: 'trirep', routine, epochs: 4 }, '--resume'),
  ).not.toBe(0);
  expect(told).toMatch(
    /the phase of update \d+ would have been another in 4 epochs, as the routine "progressive" follows/,
  );
  expect(existsSync(path('progressive', 'result.json'))).toBe(true);
});
