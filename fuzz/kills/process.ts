import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const cli = fileURLToPath(new URL('../../packages/runner/src/cli.ts', import.meta.url));

/** A command line of overparam that is running. */
export interface Running {
  readonly pid: number;
  /** Null where it was killed. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Starts the command line, from source. */
export function start(rawArguments: readonly string[]): Running {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@overparam/source', '--import', loader, cli, ...rawArguments],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  // Runs of a comparison that is killed keep its pipe for a while: its own end counts.
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('exit', (code) => {
      setTimeout(() => resolve({ code, stderr }), 20);
    });
  });
  return { pid: child.pid!, ended };
}

/** Processes that a process started, and those that they started; it ends as the list ends. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, rest = ''] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ');
      const parent = Number(rest.split(' ')[1]);
      parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all: number[] = [];
  for (let next = [pid]; next.length > 0; next = next.flatMap((one) => parents.get(one) ?? [])) {
    all.push(...next);
  }
  return all.slice(1);
}

/** Kills processes that this one started; those that have ended are passed over. */
export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}
