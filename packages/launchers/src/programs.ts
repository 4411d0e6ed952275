import { spawn } from 'node:child_process';

/** What became of a program. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly said: string;
}

/** A program that is not there. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT';

/**
 * Runs a program of a scheduler.
 *
 * @param input  for its standard input
 * @throws what the system says where it cannot be started
 */
export function runProgram(
  program: string,
  given: readonly string[],
  { input = '', cwd }: { readonly input?: string; readonly cwd?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C must not end a question to the scheduler halfway.
    const child = spawn(program, given, { stdio: 'pipe', cwd, detached: process.platform !== 'win32' });
    let out = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // It may end before it has read all of it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, said: said.trim() }));
  });
}
