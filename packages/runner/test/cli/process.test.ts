import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { train } from '../../src/run/train';
import { runCommand, startCommand } from '../support/command';
import { leaveLock } from '../support/leave-lock';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const config = { ...tiny, epochs: 4, limit: { train: 128, test: 10 } };

function configFile(): string {
  const file = path('config.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

test('help is there at once and loads no engine', async () => {
  const { code, stdout, stderr } = await runCommand('--help');
  expect(code).toBe(0);
  for (const name of ['train', 'compare', 'collapse', 'verify', 'evaluate', 'list', 'doctor', 'data']) {
    expect(stdout).toContain(name);
  }
  expect(stderr).toBe('');
});

test('a run that was killed inside an epoch goes on to the same metrics, its lock not counting', async () => {
  await train(config, { out: path('whole') });
  const run = startCommand(['train', configFile(), '--out', path('killed')]);
  await run.says('epoch 1: loss');
  run.child.kill('SIGKILL');
  expect((await run.result).code).toBeNull();
  expect(existsSync(path('killed', 'lock'))).toBe(true);
  expect(existsSync(path('killed', 'result.json'))).toBe(false);
  await train(config, { out: path('killed'), resume: true });
  for (const file of ['metrics.jsonl', 'result.json']) {
    expect(textOf(path('killed'), file)).toBe(textOf(path('whole'), file));
  }
  expect(existsSync(path('killed', 'lock'))).toBe(false);
});

test('an interrupt saves the state, ends with 130, and loses nothing', async () => {
  const run = startCommand(['train', configFile(), '--out', path('interrupted')]);
  await run.says('epoch 1: loss');
  run.child.kill('SIGINT');
  const { code, stderr } = await run.result;
  expect(code).toBe(130);
  expect(stderr).toContain('--resume goes on from here');
  expect(readdirSync(path('interrupted', 'checkpoints')).length).toBeGreaterThan(0);
  await train(config, { out: path('interrupted'), resume: true });
  expect(textOf(path('interrupted'), 'metrics.jsonl')).toBe(textOf(path('whole'), 'metrics.jsonl'));
});

test('a terminal that is closed saves the state as Ctrl-C does, though it says so twice', async () => {
  const run = startCommand(['train', configFile(), '--out', path('closed')]);
  await run.says('epoch 1: loss');
  run.child.stderr.destroy();
  run.child.kill('SIGHUP');
  run.child.kill('SIGHUP');
  expect((await run.result).code).toBe(130);
  expect(readdirSync(path('closed', 'checkpoints')).length).toBeGreaterThan(0);
  expect(existsSync(path('closed', 'lock'))).toBe(false);
  await train(config, { out: path('closed'), resume: true });
  expect(textOf(path('closed'), 'metrics.jsonl')).toBe(textOf(path('whole'), 'metrics.jsonl'));
});

test.each([350, 700, 1050])('an interrupt after %i ms saves, or says that there is nothing', async (wait) => {
  const out = path(`early-${wait}`);
  const run = startCommand(['train', configFile(), '--out', out]);
  await sleep(wait);
  run.child.kill('SIGINT');
  const { code, stderr } = await run.result;
  // Node itself begins for some time before it runs anything of this project.
  if (code === null) expect(stderr).toBe('');
  else {
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopped|was stopped/);
  }
  expect(existsSync(`${out}/lock`)).toBe(false);
  expect(existsSync(`${out}/result.json`)).toBe(false);
});

test('what a terminal obeys reaches it as text, in labels too', async () => {
  const label = 'Red\u001b[31m\u0007 \u009b2J\u202eder';
  const file = path('label.yaml');
  writeFileSync(file, stringify({ ...tiny, epochs: 1, label }));
  const run = await runCommand('train', file, '--out', path('label'), '--json');
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('Red\\u001b[31m\\u0007 \\u009b2J\\u202eder');
  expect(JSON.parse(run.stdout)).toMatchObject({ label });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('the lock of a dead process and of a later process of the same number do not count', async () => {
  const small = { ...config, epochs: 1 };
  const dead = startCommand(['--version']);
  await dead.result;
  for (const [name, other] of [
    ['dead', { pid: dead.child.pid }],
    ['reborn', { start: '1' }],
  ] as const) {
    mkdirSync(path(name));
    await leaveLock(path(name), other);
    await expect(train(small, { out: path(name), resume: true })).resolves.toMatchObject({ epochs: 1 });
  }
});

test('a run that lost its folder to another process writes nothing more there', async () => {
  const out = path('lost');
  const callbacks = { onUpdate: () => rmSync(path('lost', 'lock'), { recursive: true, force: true }) };
  await expect(train(config, { out, callbacks })).rejects.toMatchObject({ code: 'lock-lost' });
  expect(existsSync(path('lost', 'checkpoints'))).toBe(false);
  expect(textOf(out, 'metrics.jsonl')).toBe('');
});
