import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OverparamError } from '@overparam/errors';
import { describe, expect, test } from 'vitest';
import { exitCodeOf, failures, reportFailure } from '../../src/cli/failure';
import type { Output } from '../../src/cli/output';

const packages = fileURLToPath(new URL('../../../', import.meta.url));

/** All sources of the workspace but the table itself. */
function sources(): string {
  return readdirSync(packages)
    .flatMap((name) =>
      readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(packages, name, 'src', file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith(join('cli', 'failure.ts')))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

/** An output that keeps what it is given. */
function kept(json: boolean) {
  const said: string[] = [];
  const results: object[] = [];
  const output: Output = {
    json,
    say: (text) => void said.push(text),
    result: (value) => void results.push(value),
  };
  return { said, results, output };
}

describe('exit codes', () => {
  test.each([
    ['a mistake in the config', 'invalid-config', 2],
    ['a misspelt name', 'unknown-method', 2],
    ['data that are not there', 'data-missing', 2],
    ['a folder in use', 'run-locked', 2],
    ['a dataset whose server does not answer', 'data-download', 1],
    ["a library whose server doesn't", 'download-failed', 1],
    ['no memory left', 'out-of-memory', 1],
    ['an op that the engine lacks', 'op-unsupported', 1],
    ['a thread that ended', 'worker-failed', 1],
    ['a loss that is not finite', 'non-finite', 1],
    ['Ctrl-C in training', 'interrupted', 130],
    ['Ctrl-C while data load', 'aborted', 130],
    ['an error that nobody foresaw', null, 1],
  ])('%s', (_what, code, expected) => {
    expect(exitCodeOf(code)).toBe(expected);
    const error = code === null ? new TypeError('broken') : new OverparamError(code, 'broken');
    const { output, said } = kept(false);
    expect(reportFailure(error, output)).toBe(expected);
    // An interruption is what was asked for, and no error.
    expect(said[0]!.startsWith('Error: ')).toBe(expected !== 130);
  });

  test('every code of the table is one that is thrown', () => {
    const text = sources();
    expect([...failures].filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  test('with --json what was found out stands beside the error', () => {
    const { output, results } = kept(true);
    reportFailure(new OverparamError('verify-failed', 'They differ.'), output, { gap: 1 });
    expect(results).toEqual([{ gap: 1, error: { code: 'verify-failed', message: 'They differ.' } }]);
  });
});
