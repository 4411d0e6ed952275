import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { main } from '../../src/main';

let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

/** What was written, as text. */
const written = (spy: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
  spy.mock.calls.map(([text]) => String(text)).join('');

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  // A machine with nothing: whatever this one has.
  vi.stubEnv('OVERPARAM_TENSORFLOW', '');
  vi.stubEnv('XDG_CACHE_HOME', '/nowhere');
  vi.stubEnv('PATH', '/nowhere');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('engine status says that nothing is there, and doctor too', async () => {
  expect(await main(['engine', 'status', '--json'])).toBe(0);
  expect(JSON.parse(written(stdout))).toMatchObject({
    cache: '/nowhere/overparam/tensorflow',
    findings: [],
    uses: null,
    pip: null,
  });
  stdout.mockClear();
  expect(await main(['doctor'])).toBe(0);
  expect(written(stdout)).toMatch(/tensorflow +no .*overparam engine install/);
  expect(written(stdout)).toMatch(/TensorFlow's library\n {2}TensorFlow is not on this machine/);
});

test('engine names a wrong action, option and wheel', async () => {
  expect(await main(['engine', 'instal'])).toBe(2);
  expect(await main(['engine', 'install', '--form', 'x'])).toBe(2);
  expect(await main(['engine', 'install', '--from', '/nowhere/a.whl'])).toBe(2);
  expect(await main(['engine', 'install', '--version', '1.15.0'])).toBe(2);
  const text = written(stderr);
  expect(text).toMatch(/Unknown action "instal"\. Expected install, status, remove/);
  expect(text).toMatch(/Did you mean "--from"\?/);
  expect(text).toMatch(/\/nowhere\/a\.whl does not exist/);
  expect(text).toMatch(/TensorFlow 1\.15\.0 hold no library/);
});
