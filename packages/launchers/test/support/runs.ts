import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandLine, Launch, LaunchedRun, Outcome } from '../../src';

/** Runs the fake command line from its sources. */
export const command: CommandLine = {
  file: process.execPath,
  prefix: [
    '--conditions=@overparam/source',
    '--import',
    'tsx',
    fileURLToPath(new URL('../fixtures/command.ts', import.meta.url)),
  ],
};

/** What a fake run does; see `fixtures/fake-train.mjs`. */
export interface FakeRun {
  readonly steps: number;
  /** Starts that fail before one goes well. */
  readonly failures?: number;
  /** Starts that find the folder in use. */
  readonly locked?: number;
  readonly crash?: boolean;
  /** Starts that do not end before they are stopped. */
  readonly held?: number;
}

/** Writes the configs of runs into a comparison's folder. */
export async function fakeRuns(
  out: string,
  given: Readonly<Record<string, FakeRun>>,
): Promise<LaunchedRun[]> {
  await mkdir(join(out, 'configs'), { recursive: true });
  const runs: LaunchedRun[] = [];
  for (const [label, run] of Object.entries(given)) {
    const configFile = join(out, 'configs', `${label}.json`);
    await writeFile(configFile, JSON.stringify(run));
    runs.push({ label, seed: '0', configFile, folder: join(out, label) });
  }
  return runs;
}

/** A launch that keeps what it is told. */
export interface Watched extends Launch {
  readonly notes: string[];
  readonly ends: (readonly [string, Outcome['kind'], boolean])[];
}

export function watched(
  out: string,
  runs: readonly LaunchedRun[],
  signal = new AbortController().signal,
): Watched {
  const notes: string[] = [];
  const ends: [string, Outcome['kind'], boolean][] = [];
  return {
    notes,
    ends,
    command,
    out,
    dataDir: join(out, 'data'),
    signal,
    isFinished: (run) => Promise.resolve(existsSync(join(runs[run]!.folder, 'result.json'))),
    async savedUpdates(run) {
      const text = await readFile(join(runs[run]!.folder, 'state'), 'utf8').catch(() => '');
      return text === '' ? null : Number(text);
    },
    onProgress: () => undefined,
    onWork: () => undefined,
    onNote: (text) => void notes.push(text),
    onEnd(run, { kind }, before) {
      ends.push([runs[run]!.label, kind, before]);
      return Promise.resolve();
    },
  };
}

/** What a run came to; null while it has no result. */
export async function resultOf({ folder }: LaunchedRun): Promise<string | null> {
  return readFile(join(folder, 'result.json'), 'utf8').catch(() => null);
}

/** How often a run was started. */
export async function startsOf({ folder }: LaunchedRun): Promise<number> {
  const text = await readFile(join(folder, 'starts'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

/** Waits for something. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  seconds = 60,
): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`After ${seconds} s still waiting for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
