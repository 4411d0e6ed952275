import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';

/** What a command line wrote, kept from the terminal. */
export interface Streams {
  /** All of stderr since the test began. */
  said(): string;
  /** What stdout took last. */
  printed(): string;
  /** The same as the object that `--json` makes of it. */
  object<Result>(): Result;
}

/** Takes stdout and stderr for each test of a file. */
export function catchStreams(): Streams {
  let stdout: MockInstance<typeof process.stdout.write>;
  let stderr: MockInstance<typeof process.stderr.write>;
  beforeEach(() => {
    stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => vi.restoreAllMocks());
  const printed = () => String(stdout.mock.calls.at(-1)?.[0] ?? '');
  return {
    said: () => stderr.mock.calls.map(([text]) => String(text)).join(''),
    printed,
    object: <Result>() => JSON.parse(printed()) as Result,
  };
}
