import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('../fixtures/fake-slurm.mjs', import.meta.url));

/** Settings of the fake cluster. */
export interface FakeSettings {
  readonly maxArraySize?: number;
  readonly nodes?: number;
  /** Submissions that time out before one is taken. */
  readonly busy?: number;
  readonly down?: boolean;
}

/** Programs that stand in for Slurm's, and run tasks for good. */
export interface FakeSlurm {
  set(settings: FakeSettings): Promise<void>;
  /** Task ids by array index, of all arrays. */
  tasks(): Promise<
    readonly {
      readonly job: number;
      readonly array: number;
      readonly index: number;
      readonly state: string;
      readonly restarts: number;
    }[]
  >;
  /** Does to a task what `scancel`, `scontrol requeue` or a signal does. */
  wish(job: number, what: 'cancel' | 'requeue' | 'TERM' | 'USR2' | 'KILL'): Promise<void>;
  end(): Promise<void>;
}

/** Puts them in front of this process's PATH. @param folder a new one */
export async function fakeSlurm(folder: string): Promise<FakeSlurm> {
  const programs = join(folder, 'bin');
  const root = join(folder, 'cluster');
  await mkdir(programs, { recursive: true });
  await mkdir(join(root, 'tasks'), { recursive: true });
  await mkdir(join(root, 'wishes'));
  for (const name of ['sbatch', 'squeue', 'scontrol', 'scancel', 'sacct']) {
    await writeFile(join(programs, name), `#!/bin/sh\nexec ${process.execPath} ${own} ${name} "$@"\n`);
    await chmod(join(programs, name), 0o755);
  }
  const { PATH, FAKE_SLURM } = process.env;
  process.env.PATH = `${programs}${delimiter}${PATH}`;
  process.env.FAKE_SLURM = root;
  const tasks: FakeSlurm['tasks'] = async () => {
    const names = (await readdir(join(root, 'tasks'))).filter((name) => /^\d+\.json$/.test(name)).sort();
    return Promise.all(
      names.map(async (name) => JSON.parse(await readFile(join(root, 'tasks', name), 'utf8')) as never),
    );
  };
  const wish: FakeSlurm['wish'] = (job, what) => writeFile(join(root, 'wishes', `${job}.${what}`), '');
  return {
    set: (settings) => writeFile(join(root, 'settings.json'), JSON.stringify(settings)),
    tasks,
    wish,
    async end() {
      process.env.PATH = PATH;
      if (FAKE_SLURM === undefined) delete process.env.FAKE_SLURM;
      for (const { job, state } of await tasks()) {
        if (['PENDING', 'RUNNING'].includes(state)) await wish(job, 'cancel');
      }
    },
  };
}
