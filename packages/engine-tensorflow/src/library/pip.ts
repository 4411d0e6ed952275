import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { Environment } from './cache';
import { moreRoom } from './unpack';

/** How pip is called on this machine. */
export interface Pip {
  readonly command: string;
  /** Arguments before pip's own. */
  readonly first: readonly string[];
  /** What it says of itself, such as `pip 23.2.1` or `uv 0.13.9`. */
  readonly version: string;
}

/** Result of a command. */
interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

/** Command, arguments before pip's own, and arguments that ask for the version. */
const calls: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['python3', ['-m', 'pip'], ['-m', 'pip', '--version']],
  ['python', ['-m', 'pip'], ['-m', 'pip', '--version']],
  ['pip3', [], ['--version']],
  ['pip', [], ['--version']],
  // uv has no download of its own; it runs pip in an environment that it makes for that, which asking must not do.
  ['uv', ['tool', 'run', 'pip'], ['--version']],
];

interface CallOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
  /** Called with each piece of what it writes. */
  readonly heard?: (text: string) => void;
}

/** Runs a command in a process group of its own, which ends with the signal, the time or this process. */
function call(
  [command, ...commandArguments]: readonly [string, ...string[]],
  { environment, signal, timeout, heard }: CallOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // pip may be a launcher with children; all of them have to stop.
      detached: true,
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
      heard?.(chunk.toString('utf8'));
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const stop = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = timeout === undefined ? undefined : setTimeout(stop, timeout);
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      process.off('exit', stop);
    };
    signal?.addEventListener('abort', stop);
    process.on('exit', stop);
    child.on('error', (error) => {
      release();
      reject(error);
    });
    child.on('close', (code) => {
      release();
      resolve({ code, output });
    });
    if (signal?.aborted) stop();
  });
}

/** Looks for pip: of python3 or python, by itself, or through uv. @returns null where there is none */
export async function findPip(environment: Environment, signal?: AbortSignal): Promise<Pip | null> {
  for (const [command, first, version] of calls) {
    try {
      const { code, output } = await call([command, ...version], { environment, signal, timeout: 60_000 });
      signal?.throwIfAborted();
      const said = output.match(/(?:pip|uv) \d[\w.]*/)?.[0];
      if (code === 0 && said !== undefined) return { command, first, version: said };
    } catch (error) {
      signal?.throwIfAborted();
      const known = ['ENOENT', 'EACCES', 'ENOTDIR'];
      if (!known.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return null;
}

/** The file and size that pip says it begins to download: `Downloading x.whl (273.8 MB)`. */
function begunDownload(text: string): { readonly name: string; readonly size: number } | null {
  const match = [...text.matchAll(/Downloading (\S+\.whl)(?:\S*) \((\d+(?:\.\d+)?) ([kMG]?)B\)/gi)].at(-1);
  if (!match) return null;
  const unit = { k: 1e3, m: 1e6, g: 1e9 }[match[3]!.toLowerCase()] ?? 1;
  // Short enough for a line of a terminal: the package and its version.
  const name = match[1]!.split('/').at(-1)!.split('-').slice(0, 2).join('-');
  return { name, size: Number(match[2]) * unit };
}

/** Size of the largest file in a folder and those in it: while pip loads one file, that is what is there of it. */
async function largestFile(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath ?? entry.path, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return Math.max(0, ...(await Promise.all(sizes)));
}

/** What pip could not do, in words that say what to do. */
function failure(output: string, requirements: readonly string[], room: string): OverparamError {
  const what = requirements.join(' ');
  const said = output
    .split('\n')
    .filter((line) => /^\s*(ERROR|error):/i.test(line))
    .map((line) => line.trim())
    .slice(-2)
    .join(' ');
  if (/No space left on device|Errno 28|os error 28/.test(output)) {
    return new OverparamError('disk-full', `The disk is full: ${room} ${moreRoom}`);
  }
  if (/No matching distribution|Could not find a version/.test(output)) {
    // pip says so too where it cannot reach the index at all.
    const versions = output.match(/\(from versions: ([^)]*)\)/)?.[1];
    const known = versions && versions !== 'none' ? `It knows ${versions}.` : 'It knows no version of it.';
    return new OverparamError(
      'download-failed',
      `pip finds no wheel for ${what} on this system. ${known} Check --version, the network and pip's index ` +
        '(pip config list); or download the wheel elsewhere and give it with --from.',
    );
  }
  return new OverparamError(
    'download-failed',
    `pip could not download ${what}. ${said || output.trim().split('\n').at(-1) || 'It said nothing.'} ` +
      "Check the network, a proxy and pip's settings (pip config list); or download the wheel elsewhere and give it with --from.",
  );
}

/** Options of {@link downloadWheels}. */
export interface DownloadOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /**
   * Called a few times a second.
   * @param done   bytes of the file that is being downloaded, and of all of it, as far as pip says
   */
  readonly progress?: (done: number, total: number | null, name: string) => void;
  /** How much space is needed, as a sentence for the error of a full disk. */
  readonly room: string;
}

/**
 * Downloads wheels with pip, from where the user's pip takes them; nothing is installed into Python.
 *
 * @param requirements  such as `tensorflow-cpu==2.21.0`
 * @param folder        an empty one; pip's temporary files go there too
 * @returns             the wheels' files
 * @throws OverparamError `download-failed`, `disk-full`
 */
export async function downloadWheels(
  pip: Pip,
  requirements: readonly string[],
  folder: string,
  { environment, signal, progress, room }: DownloadOptions,
): Promise<string[]> {
  // Which Python a wheel is for does not matter here: only libraries are taken out of it. 3.11 has wheels of all versions.
  const options = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--progress-bar', 'off'];
  const full = [pip.command, ...pip.first, 'download', ...options, '--dest', folder, ...requirements];
  let begun: ReturnType<typeof begunDownload> = null;
  const timer = setInterval(() => {
    const { name, size } = begun ?? { name: requirements[0]!, size: null };
    // Sizes are rounded as pip says them.
    largestFile(folder).then((done) => progress?.(Math.min(done, size ?? done), size, name));
  }, 250);
  try {
    const { code, output } = await call(full as [string, ...string[]], {
      // The temporary folder of the system may be a small one in memory, and stays full if pip is killed.
      environment: { ...environment, TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: 'false', PIP_NO_INPUT: '1' },
      signal,
      heard: (text) => {
        begun = begunDownload(text) ?? begun;
      },
    });
    signal?.throwIfAborted();
    if (code !== 0) throw failure(output, requirements, room);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
    if (names.length === 0) throw failure(output, requirements, room);
    return names.map((name) => join(folder, name));
  } finally {
    clearInterval(timer);
  }
}
