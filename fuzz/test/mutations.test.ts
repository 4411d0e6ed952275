import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { changeBytes } from '../mutations/bytes';
import { checkOf } from '../mutations/check';
import { processTime } from '../mutations/measure';
import type { Target } from '../mutations/target';
import { readers } from '../readers';
import { runFolders } from '../run-folders';
import { targets } from '../targets';

// The long forms: `tsx fuzz/readers/main.ts --count 4000 --seed 1`, and `tsx fuzz/run-folders/main.ts ...`.
const seed = 12;
const count = 12;

beforeAll(() => {
  // Libraries print what they think of damaged files.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

/** Outcomes of some cases of a target in this process; memory is not judged, as other tests take some. */
async function outcomes(target: Target, cases: number, folder: string): Promise<string[]> {
  const check = await checkOf(target, folder);
  const found: string[] = [];
  for (let index = 0; index < cases; index++) {
    const { outcome, words, seed: own } = await check(seed * 1_000_000 + index);
    found.push(outcome === 'wrong' ? `wrong ${own}: ${words}` : outcome);
  }
  return found;
}

const isWrong = (outcome: string) => outcome.startsWith('wrong') && !/: took /.test(outcome);

/** A folder that is removed after the test. */
async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-fuzz-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('each target is found by its name, also in the process that checks it', () => {
  expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
});

test('the time that a process has computed is what Node.js says of it', () => {
  const { user, system } = process.cpuUsage();
  const told = processTime(process.pid);
  if (Number.isFinite(told)) expect(Math.abs(told - (user + system) / 1000)).toBeLessThan(100);
  expect(processTime(2 ** 30)).toBe(Number.POSITIVE_INFINITY);
});

test('what is wrong with a reader is found', async () => {
  const bytes = Buffer.from('sound');
  const reader = (read: Target['read']): Target => ({
    name: 'broken',
    sealed: true,
    samples: async () => [bytes],
    change: changeBytes,
    read: async (given, folder) => (bytes.equals(given) ? 'sound' : read(given, folder)),
  });
  const first = async (read: Target['read']) => {
    const found = await outcomes(reader(read), 8, await ownFolder());
    return found.find((outcome) => outcome !== 'same');
  };
  expect(await first(async (given) => given.length)).toMatch(/^wrong \d+: other contents were accepted/);
  expect(
    await first(async () => {
      throw new TypeError('undefined is not a function');
    }),
  ).toMatch(/^wrong \d+: ended in another error: TypeError/);
  expect(
    await first(async () => {
      for (const end = performance.now() + 1300; performance.now() < end; );
      throw new OverparamError('late', 'late');
    }),
  ).toMatch(/^wrong \d+: took too long|^refused/);
  const kept: Buffer[] = [];
  expect(
    await first(async () => {
      kept.push(Buffer.alloc(2 ** 28, 1));
      throw new OverparamError('large', 'large');
    }),
  ).toMatch(/^wrong \d+: took \d+ MB/);
});

test(`readers end in our error or in contents that are valid, with changes drawn from seed ${seed}`, async () => {
  const folder = await ownFolder();
  const seen = new Set<string>();
  // The samples that are shipped take long to unpack; the long form has them.
  for (const target of readers.filter(({ name }) => !name.endsWith('sample') && name !== 'mat')) {
    const found = await outcomes(target, count, folder);
    expect(found.filter(isWrong), target.name).toEqual([]);
    for (const outcome of found) seen.add(outcome);
  }
  expect(seen).toContain('refused');
});

test(`files of run folders are accepted as they were written, or not at all, with changes drawn from seed ${seed}`, async () => {
  for (const target of runFolders) await target.prepare?.();
  for (const target of runFolders) {
    const found = await outcomes(target, count, await ownFolder());
    expect(found.filter(isWrong), target.name).toEqual([]);
    if (target.sealed) expect(found, target.name).toContain('refused');
  }
});

// In one of these the HDF5 library fell out of its memory, and took the process with it.
test.each(['keras', 'keras weights', 'keras h5'])('%s: cases that once ended the process', async (name) => {
  const check = await checkOf(readers.find((target) => target.name === name)!, await ownFolder());
  for (const own of [15_004_489, 15_004_561]) {
    const { outcome, words } = await check(own);
    expect([own, outcome === 'wrong' && !words.startsWith('took') ? words : 'sound']).toEqual([own, 'sound']);
  }
});
