import { writeFileSync } from 'node:fs';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  type MockInstance,
  test,
  vi,
} from 'vitest';
import { stringify } from 'yaml';
import { compare } from '../../src/compare/compare';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const missing = /^tensorflow passed over: .*overparam engine install/m;
let stderr: MockInstance<typeof process.stderr.write>;

/** What was written, as text. */
const written = (stream: MockInstance) => stream.mock.calls.map(([text]) => String(text)).join('');

beforeAll(async () => {
  // A machine without TensorFlow: whatever this one has.
  vi.stubEnv('OVERPARAM_TENSORFLOW', '');
  vi.stubEnv('XDG_CACHE_HOME', '/nowhere');
  vi.stubEnv('PATH', '/nowhere');
  await train({ ...tiny, epochs: 1 }, { out: path('run') });
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

describe('where auto falls back to a slower engine, stderr says what is missing and how to get it', () => {
  test.each(['verify', 'evaluate', 'collapse'])('%s', async (command) => {
    expect(await main([command, path('run'), '--engine', 'auto'])).toBe(0);
    expect(written(stderr)).toMatch(missing);
    stderr.mockClear();
    expect(await main([command, path('run'), '--engine', 'wasm'])).toBe(0);
    expect(written(stderr)).not.toMatch(missing);
  });

  test('compare', async () => {
    const config = path('comparison.yaml');
    writeFileSync(config, stringify({ ...tiny, engine: 'auto', rows: [{ label: 'Baseline' }] }));
    const lines: string[] = [];
    const { interrupted } = await compare(config, {
      out: path('comparison'),
      dataDir: path('data'),
      // Nothing is trained: the comparison was stopped before it began.
      signal: AbortSignal.abort(),
      callbacks: { onNote: (text) => lines.push(text) },
    });
    expect(interrupted).toBe(true);
    expect(lines.join('\n')).toMatch(missing);
  });
});
