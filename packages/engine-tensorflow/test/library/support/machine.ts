import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, platformOf } from '../../../src/library';
import { temporaryFolder } from './files';

/** A machine whose cache, programs and packages are those that a test puts there. */
export interface Machine {
  readonly folder: string;
  /** Folder of the installations. */
  readonly cache: string;
  readonly options: {
    readonly environment: Environment;
    readonly platform: ReturnType<typeof platformOf>;
  };
  /** Arguments with which pip was called to download. */
  downloads(): Promise<string[]>;
}

/** What a machine has. */
export interface MachineContent {
  readonly environment?: Environment;
  /** What pip does on `download`, in sh with the folder in `$dest`; without it there is no pip. */
  readonly pip?: string;
  /** By which name pip can be called. */
  readonly program?: 'python3' | 'pip' | 'uv';
  /** Folder of the tensorflow that Python has. */
  readonly python?: string;
}

async function program(file: string, text: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${text}\n`);
  await chmod(file, 0o755);
}

/** A machine on Linux x64, with nothing else than `content`. */
export async function makeMachine(content: MachineContent = {}): Promise<Machine> {
  const folder = await temporaryFolder();
  const programs = join(folder, 'bin');
  const log = join(folder, 'pip.log');
  await mkdir(programs);
  const pip = [
    'case "$*" in *--version*) echo "pip 23.2.1 from somewhere"; exit 0;; esac',
    `echo "$@" >> ${log}`,
    'while [ "$1" != --dest ]; do shift; done; dest="$2"; shift 2',
    content.pip,
  ].join('\n');
  const name = content.program ?? 'python3';
  if (name === 'python3') {
    const asked = content.python === undefined ? '' : `echo ${content.python}`;
    const module = content.pip === undefined ? 'echo "No module named pip" >&2; exit 1' : pip;
    const text = `if [ "$1" = -c ]; then\n${asked}\nexit 0\nfi\n${module}`;
    if (content.pip !== undefined || content.python !== undefined)
      await program(join(programs, 'python3'), text);
  } else if (content.pip !== undefined) {
    const uv = [
      'if [ "$1" = --version ]; then echo "uv 0.13.9"; exit 0; fi',
      '[ "$1 $2 $3" = "tool run pip" ] || exit 9',
      'shift 3\n',
    ].join('\n');
    await program(join(programs, name), `${name === 'uv' ? uv : ''}${pip}`);
  }
  const environment = {
    PATH: programs,
    HOME: join(folder, 'home'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    ...content.environment,
  };
  return {
    folder,
    cache: join(folder, 'cache', 'overparam', 'tensorflow'),
    options: { environment, platform: platformOf('linux', 'x64') },
    downloads: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean),
  };
}
