import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { launchWorkers } from '../src';

const folder = mkdtempSync(join(tmpdir(), 'overparam-launch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url));
let runs = 0;

/** Two workers that do as a plan says, and what is left of them. */
async function launch(
  plan: string,
  { stops, ...more }: { stops?: boolean; grace?: number; attempts?: number } = {},
) {
  const log = join(folder, `log-${runs++}`);
  const notes: string[] = [];
  const messages: object[] = [];
  const failures: object[] = [];
  const controller = new AbortController();
  // Once both can hear it: the first lines come before, and the last within 100 ms.
  const begun = () => existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 2;
  const timer = setInterval(() => {
    if (!stops || !begun()) return;
    clearInterval(timer);
    setTimeout(() => controller.abort(), 500);
  }, 50);
  const code = await launchWorkers({
    command: { file: process.execPath, prefix: [worker] },
    arguments: [plan, log],
    again: ['--resume'],
    workers: 2,
    env: process.env,
    signal: controller.signal,
    onNote: (text) => notes.push(text),
    onMessage: (message) => messages.push(message),
    onFailure: (failure) => void failures.push(failure),
    ...more,
  });
  clearInterval(timer);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const alive = lines.filter((line) => {
    try {
      process.kill(Number(line.split(' ')[1]), 0);
      return true;
    } catch {
      return false;
    }
  });
  expect(alive).toEqual([]);
  return {
    code,
    notes,
    messages,
    failures,
    resumed: lines.filter((line) => line.endsWith('--resume')).length,
  };
}

test('workers that finish are not started again', async () => {
  expect(await launch('ok,ok')).toMatchObject({ code: 0, notes: [], resumed: 0 });
});

test.each([
  ['the first is killed', 'kill,waits;ok,ok', /worker 0 was ended by SIGKILL/],
  ['another is killed', 'waits,kill;ok,ok', /worker 1 was ended by SIGKILL/],
  ['one misses another', 'waits,lost;ok,ok', /worker 1 missed another one/],
])('where %s, all are started again', async (_, plan, words) => {
  const { code, notes, resumed } = await launch(plan);
  expect(code).toBe(0);
  expect(notes).toEqual([expect.stringMatching(words)]);
  expect(resumed).toBe(2);
});

test('a mistake ends all, with its exit code and its words', async () => {
  const { code, notes, resumed } = await launch('waits,mistake');
  expect({ code, resumed }).toEqual({ code: 2, resumed: 0 });
  expect(notes.join()).toMatch(/worker 1 ended with exit code 2: this config is wrong/);
});

test('the reason counts of who ends later than one that misses it', async () => {
  const { code, notes, failures, resumed } = await launch('lost,slow-mistake');
  expect({ code, resumed }).toEqual({ code: 2, resumed: 0 });
  expect(notes.join()).toMatch(/worker 1 ended with exit code 2/);
  expect(failures).toMatchObject([{ message: 'this config is wrong', code: 'invalid-config' }]);
});

test('what the first worker sends is handed on, once and without what others send', async () => {
  const { messages, failures } = await launch('tells,tells');
  expect(messages).toEqual([{ type: 'progress', done: 1, total: 2 }]);
  expect(failures).toEqual([]);
});

test('what brings the run nowhere is given up', async () => {
  const { code, notes } = await launch('waits,kill', { attempts: 1 });
  expect(code).toBe(1);
  expect(notes.at(-1)).toMatch(/1 starts have brought the run no update on/);
});

test('a stop is handed on, and who does not hear it is ended', async () => {
  expect((await launch('saves,saves', { stops: true })).code).toBe(130);
  expect((await launch('saves,deaf', { stops: true, grace: 300 })).code).toBe(130);
});
