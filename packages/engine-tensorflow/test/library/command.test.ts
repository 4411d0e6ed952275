import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { statusLine } from '@overparam/terminal';
import { expect, test } from 'vitest';
import { platformOf } from '../../src/library';
import { progressText, showProgress } from '../../src/library/command';
import { makeWheel } from './support/files';
import { makeMachine } from './support/machine';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the command line of the package from source. */
function command(given: readonly string[], env: NodeJS.ProcessEnv) {
  const full = ['--conditions=@overparam/source', '--import', 'tsx', 'src/cli.ts', ...given];
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, full, { cwd: root, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test.skipIf(platformOf().key !== 'linux-x64')('install, status and remove, with JSON', async () => {
  const machine = await makeMachine();
  const wheel = join(machine.folder, 'given.whl');
  await writeFile(wheel, makeWheel());
  const env = machine.options.environment as NodeJS.ProcessEnv;

  const installed = await command(['install', '--from', wheel, '--json'], env);
  expect(installed.code).toBe(0);
  expect(JSON.parse(installed.stdout)).toMatchObject({ version: '2.21.0', already: false });
  expect(installed.stderr).toMatch(/unpacking libtensorflow_framework/);

  const status = await command(['status'], env);
  expect(status.stdout).toMatch(/^used cache: TensorFlow 2\.21\.0, 2 kB/);

  const removed = await command(['remove', '--json'], env);
  expect(JSON.parse(removed.stdout)).toEqual({ folders: [expect.any(String)], bytes: expect.any(Number) });

  const wrong = await command(['install', '--from', join(machine.folder, 'no.whl'), '--json'], env);
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.stdout).error.code).toBe('from-missing');
  expect(wrong.stderr).toMatch(/no\.whl does not exist/);

  const unknown = await command(['install', '--form', 'x'], env);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/--form/);
});

test('progress is one line on a terminal, and one a stage or ten seconds elsewhere', () => {
  let time = 0;
  const write = (isTTY: boolean) => {
    let written = '';
    const stream = { isTTY, write: (text: string) => (written += text) };
    const status = statusLine(stream, () => time);
    const show = showProgress(status);
    for (let done = 0; done <= 600; done += 200) {
      time += 4000;
      show({ stage: 'unpack', done: done * 1e6, total: 853e6, what: 'a.so' });
    }
    status.end();
    return written;
  };
  expect(write(false)).toBe('unpacking a.so: 0 % of 853 MB\nunpacking a.so: 70 % of 853 MB\n');
  expect(write(true).split('\r')).toHaveLength(6);
  expect(write(true)).not.toContain('\n');
  const waiting = { stage: 'waiting', done: 0, total: null, what: 'process 7' } as const;
  expect(progressText(waiting)).toBe('waiting for process 7, which installs the same');
});
