import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const cli = new URL('../../src/cli.ts', import.meta.url);

/** What a command line came to. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own, from source. */
export function startCommand(rawArguments: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const child = spawn(
    process.execPath,
    ['--conditions=@overparam/source', '--import', loader, cli.pathname, ...rawArguments],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...variables } },
  );
  let stdout = '';
  let stderr = '';
  const waiting: { readonly text: string; readonly found: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const { text: wanted, found } of waiting) if (stderr.includes(wanted)) found();
  });
  const result = new Promise<CommandResult>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  /** Resolves when stderr holds a text. */
  const says = (text: string) => new Promise<void>((found) => waiting.push({ text, found }));
  return { child, result, says };
}

/** Runs the command line to its end. */
export function runCommand(...rawArguments: string[]): Promise<CommandResult> {
  return startCommand(rawArguments).result;
}
